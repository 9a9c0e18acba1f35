"""The difference that an operator approves leaves nothing out."""

from hypothesis import given
from hypothesis import strategies as st

from hipaa_tui.plans.diff import Sign, lines
from hipaa_tui.support.json_value import reference

JSON = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


def shown(before, after):
    return [f"{line.sign.value} {line.text()}" for line in lines(before, after)]


def test_a_new_setting_shows_every_value():
    assert shown(None, {"a": {"b": True}, "c": "x"}) == ["+ a.b: true", "+ c: x"]


def test_a_removed_setting_shows_what_goes():
    assert shown({"a": 1}, None) == ["- a: 1"]


def test_a_changed_leaf_shows_both_values():
    assert shown({"a": {"b": 1, "k": 0}}, {"a": {"b": 2, "k": 0}}) == ["~ a.b: 1 → 2"]


def test_an_added_item_of_a_list_does_not_show_the_others_as_changed():
    before = [{"Sid": "A"}, {"Sid": "B"}]
    assert shown(before, [{"Sid": "New"}, *before]) == ["+ 0.Sid: New"]


def test_one_changed_item_shows_only_its_difference():
    before = [{"port": 22, "from": "0.0.0.0/0"}, {"port": 443, "from": "0.0.0.0/0"}]
    after = [{"port": 22, "from": "10.0.0.0/8"}, {"port": 443, "from": "0.0.0.0/0"}]
    assert shown(before, after) == ["~ 0.from: 0.0.0.0/0 → 10.0.0.0/8"]


def test_a_value_of_an_earlier_change_is_said_to_be_known_after_apply():
    assert shown(None, {"key": reference("c1", "Arn")}) == ["+ key: (known after apply)"]


def test_true_and_one_are_different():
    assert shown({"a": True}, {"a": 1}) == ["~ a: true → 1"]


@given(JSON, JSON)
def test_equal_values_have_no_lines_and_different_ones_have_some(before, after):
    alike = repr(before) == repr(after)
    assert lines(before, before) == []
    if alike:
        assert lines(before, after) == []
    elif before != after:
        found = lines(before, after)
        assert all(line.sign is not Sign.SAME for line in found)
