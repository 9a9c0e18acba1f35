"""Other accounts keep what they read and write, and lose what rules the bucket."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from hipaa_tui.aws.s3.cross_account import _ACTIONS, SENSITIVE, without_foreign_control
from hipaa_tui.providers.guard import Outcome
from tests.aws.guards import bucket, verdict
from tests.aws.s3.estate_cross_account import OURS, PARTNER, build, lets, text
from tests.aws.server import ACCOUNT

POLICY = "aws.s3.bucket-policy"


def narrowed(*statements: Any) -> list[dict[str, Any]]:
    found = without_foreign_control(text(*statements), {"account": ACCOUNT})
    return [] if found is None else list(json.loads(found)["Statement"])


def may(statements: list[dict[str, Any]], who: str) -> set[str]:
    """The actions of S3 that the statements let somebody do."""
    mine = [one for one in statements if one["Principal"] == "*" or who in one["Principal"].get("AWS", [])]
    patterns = [one for found in mine for one in found["Action"]]
    return {
        f"s3:{one}" for one in _ACTIONS if any(fnmatchcase(f"s3:{one}".lower(), p.lower()) for p in patterns)
    }


EVERY = {f"s3:{one}" for one in _ACTIONS}


@pytest.mark.parametrize(
    "pattern", ["s3:*", "*", "s3:Put*", "s3:PutBucket*", "S3:put*", "s3:*Acl", "s3:P?tBucketPolicy"]
)
def test_a_wildcard_keeps_everything_else_and_gains_nothing(pattern):
    before = {one for one in EVERY if fnmatchcase(one.lower(), pattern.lower())}
    after = narrowed(lets("x", [PARTNER], [pattern]))
    assert may(after, PARTNER) == before - set(SENSITIVE)


def test_the_accounts_own_principals_and_services_keep_their_statement():
    """Only strangers are taken out of it, into one of their own."""
    theirs = lets("x", [OURS, PARTNER], "s3:*")
    theirs["Principal"]["Service"] = "logging.s3.amazonaws.com"
    own, other = narrowed(theirs)
    assert own == {**theirs, "Principal": {"AWS": [OURS], "Service": ["logging.s3.amazonaws.com"]}}
    assert other["Principal"] == {"AWS": [PARTNER]}
    assert other["Sid"] == "PartnerOtherAccounts"


@pytest.mark.parametrize(
    "kept",
    [
        lets("x", PARTNER, ["s3:GetObject", "s3:PutObject"]),
        lets("x", OURS, "s3:*"),
        lets("x", ACCOUNT, "s3:*"),
        lets("x", PARTNER, "s3:*", Effect="Deny"),
        {**lets("x", "", "s3:*"), "Principal": {"Service": "cloudtrail.amazonaws.com"}},
    ],
)
def test_what_lets_no_other_account_rule_stays_word_for_word(kept):
    whole = text(kept)
    assert without_foreign_control(whole, {"account": ACCOUNT}) == whole


def test_everybody_is_other_accounts_too_whatever_the_condition():
    condition = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
    (found,) = narrowed({**lets("x", "*", ["s3:GetObject", "s3:PutObjectAcl"], **condition)})
    assert found["Action"] == ["s3:GetObject"]
    assert found["Condition"] == condition["Condition"]
    (not_action,) = narrowed({**lets("x", PARTNER, ""), "NotAction": ["s3:DeleteBucket"]})
    assert not_action["NotAction"] == sorted(["s3:DeleteBucket", *SENSITIVE])


def test_a_statement_about_nothing_else_goes_and_an_empty_policy_is_none():
    only = lets("x", PARTNER, "s3:PutBucketPolicy")
    assert without_foreign_control(text(only), {"account": ACCOUNT}) is None
    read = lets("x", PARTNER, ["s3:GetObject"])
    assert narrowed(only, read) == [read]
    assert without_foreign_control(None, {"account": ACCOUNT}) is None


def test_sids_stay_apart_and_a_policy_that_is_too_long_is_said():
    sids = [one["Sid"] for one in narrowed(*[lets("x", [OURS, PARTNER], "s3:*")] * 2)]
    assert len(sids) == len(set(sids)) == 4
    long = lets("x", [f"arn:aws:iam::{n:012}:root" for n in range(600)], "s3:*")
    with pytest.raises(ValueError, match="bytes and S3 takes"):
        narrowed(long)


def test_who_loses_what_is_said_before_it_is_done(aws):
    build(aws)
    after = {"account": ACCOUNT}
    for name, outcome, words in (
        ("wild", Outcome.WARN, "444455556666 will lose"),
        ("kept", Outcome.PASS, "no other account"),
    ):
        target = bucket(f"{name}-files")
        whole = text(lets(name, [OURS, PARTNER], "s3:*"))
        found = verdict(
            aws, "partners-of-the-bucket", target, (POLICY, without_foreign_control(whole, after))
        )
        assert found[0] is outcome
        assert words in found[1]


def test_partners_who_have_to_send_a_list_keep_their_right_to(aws):
    from tests.aws.guards import make_bucket

    must = {"Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}
    statement = lets("in", PARTNER, ["s3:PutObject", "s3:PutObjectAcl"], **must)
    target = make_bucket(aws, "in-files", statement)
    outcome, reason = verdict(aws, "partners-of-the-bucket", target, (POLICY, None))
    assert outcome is Outcome.BLOCK
    assert "requires 444455556666 to send an ACL" in reason
    assert verdict(aws, "partners-of-the-bucket", target)[0] is Outcome.PASS


def test_whoever_meets_a_condition_is_spoken_of_too(aws):
    from tests.aws.guards import make_bucket

    inside = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
    target = make_bucket(aws, "org-files", {**lets("org", "*", "s3:*", **inside), "Principal": "*"})
    outcome, reason = verdict(aws, "partners-of-the-bucket", target, (POLICY, None))
    assert outcome is Outcome.WARN
    assert reason.startswith("any other principal that it allows will lose")
