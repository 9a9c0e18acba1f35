"""A policy gains one statement and loses none, however it was written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipaa_tui.aws.policies.documents import canonical, meaning, statements, with_statements
from hipaa_tui.aws.s3.settings import LONGEST_POLICY, BucketPolicy, with_statement

TLS = {
    "Sid": "DenyInsecureTransport",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::phi", "arn:aws:s3:::phi/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
GRANT = {
    "Sid": "Partner",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": "arn:aws:s3:::phi/*",
}


def text(*found, **more):
    return json.dumps({"Version": "2012-10-17", **more, "Statement": list(found)}, indent=2)


names = st.text("abcXYZ:*-/", min_size=1, max_size=8)
one_or_many = names | st.lists(names, min_size=1, max_size=3)
a_statement = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": one_or_many, "Resource": one_or_many},
    optional={"Sid": names, "Principal": st.just("*") | st.fixed_dictionaries({"AWS": one_or_many})},
)


def test_a_bucket_without_a_policy_gets_one():
    assert statements(with_statement(None, TLS)) == [TLS]


def test_what_is_there_stays_and_one_statement_more_is_there():
    assert statements(with_statement(text(GRANT, Id="theirs"), TLS)) == [GRANT, TLS]
    assert json.loads(with_statement(text(GRANT, Id="theirs"), TLS))["Id"] == "theirs"


def test_the_text_stays_word_for_word_where_nothing_is_added():
    before = text(GRANT, TLS)
    assert with_statement(before, TLS) is before


@pytest.mark.parametrize(
    "same",
    [
        {**TLS, "Sid": "OtherName"},
        {key: value for key, value in TLS.items() if key != "Sid"},
        {**TLS, "Action": ["s3:*"], "Principal": {"AWS": "*"}},
        {**TLS, "Resource": list(reversed(TLS["Resource"]))},
        {**TLS, "Condition": {"Bool": {"aws:securetransport": False}}},
        {**TLS, "Condition": {"Bool": {"aws:SecureTransport": ["false"]}}},
    ],
)
def test_a_statement_that_means_the_same_is_enough(same):
    before = text(same)
    assert with_statement(before, TLS) is before


@pytest.mark.parametrize(
    "other",
    [
        {**TLS, "Resource": "arn:aws:s3:::phi"},
        {**TLS, "Effect": "Allow"},
        {**TLS, "Action": "s3:GetObject"},
        {**TLS, "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_a_statement_of_our_name_that_means_less_is_kept_beside_ours(other):
    found = statements(with_statement(text(other), TLS))
    assert found[0] == other
    assert meaning(found[1], with_sid=False) == meaning(TLS, with_sid=False)
    assert found[1]["Sid"] == "DenyInsecureTransport2"


def test_a_single_statement_that_is_no_list_is_kept():
    before = json.dumps({"Version": "2008-10-17", "Statement": GRANT})
    assert statements(with_statement(before, TLS)) == [GRANT, TLS]
    assert json.loads(with_statement(before, TLS))["Version"] == "2008-10-17"


def test_a_policy_that_would_be_too_long_is_refused():
    long = {**GRANT, "Resource": ["arn:aws:s3:::phi/" + "x" * 1000 + str(n) for n in range(20)]}
    with pytest.raises(ValueError, match=str(LONGEST_POLICY)):
        with_statement(text(long), TLS)


@pytest.mark.parametrize("broken", ["{", "[]", '"x"', '{"Statement": [1]}'])
def test_what_cannot_be_read_is_not_added_to(broken):
    with pytest.raises(ValueError, match="policy"):
        with_statement(broken, TLS)


def test_the_same_policy_in_other_words_is_no_drift():
    one = BucketPolicy()
    assert one.same(text(GRANT, TLS), json.dumps(json.loads(text(TLS, GRANT))))
    assert not one.same(text(GRANT), text(GRANT, TLS))
    assert one.same("not json", "not json")


@given(st.lists(a_statement, max_size=4), a_statement)
def test_adding_keeps_every_statement_and_is_idempotent(found, wanted):
    before = json.dumps({"Version": "2012-10-17", "Statement": found})
    after = with_statements(before, wanted, longest=LONGEST_POLICY)
    assert statements(after)[: len(found)] == found
    assert any(meaning(o, with_sid=False) == meaning(wanted, with_sid=False) for o in statements(after))
    assert with_statements(after, wanted, longest=LONGEST_POLICY) == after


@given(st.lists(a_statement, max_size=4), st.randoms())
def test_the_order_of_statements_does_not_matter(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert canonical(json.dumps({"Statement": found})) == canonical(json.dumps({"Statement": shuffled}))
