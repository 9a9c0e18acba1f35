"""The predicate language says yes only to what stands there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipaa_tui.providers.predicates import check, holds

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
RULE = {"Rules": [{"Apply": {"Algorithm": "aws:kms", "Key": "arn:aws:kms:x"}, "BucketKey": True}], "days": 90}


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ({"path": "Rules.0.Apply.Algorithm", "equals": "aws:kms"}, True),
        ({"path": "Rules.1.Apply.Algorithm", "equals": "aws:kms"}, False),
        ({"path": "Rules.0.BucketKey", "equals": True}, True),
        ({"path": "Rules.0.BucketKey", "equals": 1}, False),
        ({"path": "Rules.0.BucketKey", "equals": "true"}, False),
        ({"path": "days", "at_least": 90}, True),
        ({"path": "days", "at_least": 91}, False),
        ({"path": "days", "at_most": 90}, True),
        ({"path": "nothing", "at_least": 0}, False),
        ({"path": "Rules.0.BucketKey", "at_least": 0}, False),
        ({"path": "Rules.0.Apply.Key", "matches": "arn:aws:kms.*"}, True),
        ({"path": "Rules.0.Apply.Key", "matches": "aws"}, False),
        ({"path": "days", "in": [30, 90]}, True),
        ({"path": "nothing", "is_present": False}, True),
        ({"path": "Rules", "some": {"path": "Apply.Algorithm", "equals": "aws:kms"}}, True),
        ({"path": "Rules", "every": {"path": "Apply.Algorithm", "equals": "AES256"}}, False),
        ({"all": [{"path": "days", "equals": 90}, {"not": {"path": "days", "equals": 30}}]}, True),
        ({"any": [{"path": "days", "equals": 1}, {"path": "days", "equals": 90}]}, True),
        ({"present": True}, True),
        ({"present": False}, False),
    ],
)
def test_a_predicate_holds_for_what_stands_there(predicate, expected):
    check(predicate)
    assert holds(predicate, RULE) is expected


def test_what_is_absent_complies_with_nothing_but_absence():
    assert not holds({"path": "days", "is_present": False}, None)
    assert not holds({"path": "days", "equals": None}, None)
    assert holds({"present": False}, None)


@pytest.mark.parametrize(
    "predicate",
    [
        [],
        {},
        "yes",
        {"path": "a"},
        {"path": "a", "equals": 1, "in": [1]},
        {"all": {}},
        {"any": [{"path": "a"}]},
        {"path": "a", "matches": "("},
        {"eval": "1"},
    ],
)
def test_what_is_not_of_the_language_is_refused(predicate):
    with pytest.raises(ValueError, match=r"."):
        check(predicate)


@given(JSON)
def test_a_predicate_never_fails_on_any_value(value):
    for predicate in (
        {"path": "a.0.b", "at_least": 3},
        {"path": "a", "every": {"path": "b", "matches": "x.*"}},
        {"not": {"path": "", "equals": None}},
    ):
        assert holds(predicate, value) in (True, False)
