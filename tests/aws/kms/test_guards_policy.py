"""Guards of a KMS key's policy and of its deletion: who still administers the key, and who scheduled the deletion."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.cloudtrail.key import grants
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, allow, key, text, verdict
from tests.aws.server import ACCOUNT, REGION

TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
POLICY = "aws.kms.key-policy"
ROOT = {**allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*"), "Sid": "Root"}


# Who rules a key -------------------------------------------------------------------------------------


def rule(aws, before, *after):
    named = key(aws, Policy=text(*before))
    target = resource_type("AWS::KMS::Key").target(named, ACCOUNT, REGION)
    return verdict(aws, "key-administrators-kept", target, (POLICY, text(*after)))


def admin(aws, **more):
    return {**allow({"AWS": aws.caller().principal}, "kms:PutKeyPolicy", "*", **more), "Sid": "Me"}


def test_one_more_statement_locks_nobody_out(aws):
    assert rule(aws, [ROOT], ROOT, *grants(TRAIL))[0] is Outcome.PASS
    assert rule(aws, [ROOT, admin(aws)], ROOT, admin(aws))[0] is Outcome.PASS
    assert rule(aws, [admin(aws)], admin(aws))[0] is Outcome.PASS


@pytest.mark.parametrize("case", ["nobody", "condition", "deny", "root goes", "other action", "not me"])
def test_a_policy_that_locks_its_administrators_out_is_refused(aws, case):
    deny = {**ROOT, "Sid": "No", "Effect": "Deny", "Action": "kms:Put*"}
    after = {
        "nobody": grants(TRAIL),
        "condition": [{**ROOT, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}],
        "deny": [ROOT, deny],
        "root goes": [admin(aws)],
        "other action": [{**ROOT, "Action": "kms:Describe*"}],
        "not me": [
            {"Sid": "x", "Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "Action": "*", "Resource": "*"},
            ROOT,
        ],
    }[case]
    outcome, reason = rule(aws, [ROOT], *after)
    assert outcome is Outcome.BLOCK
    assert "no one but AWS" in reason


def test_a_role_is_known_by_its_session(aws):
    role = f"arn:aws:iam::{ACCOUNT}:role/team/deployer"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/me"

    class Someone(Answers):
        def caller(self):
            from hipaa_tui.providers.model import Caller

            return Caller("aws", (ACCOUNT,), session)

    only = [{**allow({"AWS": role}, "kms:*", "*"), "Sid": "Role"}]
    assert rule(Someone(aws), only, *only)[0] is Outcome.PASS
    assert rule(aws, only, *only)[0] is Outcome.BLOCK


# A key that was to go --------------------------------------------------------------------------------


def deletion(aws, *events):
    """moto has no LookupEvents, so its answer is told."""
    target = resource_type("AWS::KMS::Key").target(key(aws), ACCOUNT, REGION)
    found = [{"EventName": name, "Username": who, "EventTime": when} for name, who, when in events]
    return verdict(Answers(aws, LookupEvents={"Events": found}), "key-deletion-meant", target)


def test_who_scheduled_a_deletion_is_named(aws):
    outcome, reason = deletion(
        aws, ("ScheduleKeyDeletion", "jo", "2026-11-02"), ("DisableKey", "al", "2026-11-01")
    )
    assert outcome is Outcome.WARN
    assert "jo scheduled the deletion at 2026-11-02, and it had been disabled before" in reason
    assert "no event shows" in deletion(aws, ("ScheduleKeyDeletion", "jo", "2026-11-02"))[1]


def test_where_nobody_knows_any_more_that_is_said(aws):
    assert "no longer shows" in deletion(aws)[1]
    target = resource_type("AWS::KMS::Key").target(key(aws), ACCOUNT, REGION)
    outcome, reason = verdict(aws, "key-deletion-meant", target)
    assert outcome is Outcome.WARN
    assert "could not be read" in reason
