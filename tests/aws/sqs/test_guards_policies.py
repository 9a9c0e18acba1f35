"""The guard of a queue's policy: who was let in as everybody, and who stays."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import allow, do, text, verdict
from tests.aws.server import ACCOUNT, REGION

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
PARTNER = "210987654321"


def said(aws: Any, *statements: Any) -> tuple[Outcome, str]:
    given = {"Attributes": {"Policy": text(*statements)}} if statements else {}
    do(aws, "sqs", "CreateQueue", QueueName="orders", **given)
    target = resource_type("AWS::SQS::Queue").target(QUEUE, ACCOUNT, REGION)
    after = text(allow({"AWS": ACCOUNT}, "sqs:*", QUEUE))
    return verdict(aws, "message-policy-users", target, ("aws.sqs.policy", after))


def test_who_came_in_as_everybody_cannot_be_known(aws):
    partner = {**allow({"AWS": f"arn:aws:iam::{PARTNER}:root"}, "sqs:SendMessage", QUEUE), "Sid": "Partner"}
    outcome, reason = said(aws, allow("*", "sqs:SendMessage", QUEUE), partner)
    assert outcome is Outcome.WARN
    assert "Theirs" in reason
    assert f"{PARTNER} keep" in reason


def test_a_statement_that_stays_for_its_condition_is_named(aws):
    office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    narrow = {**allow("*", "sqs:SendMessage", QUEUE, Condition=office), "Sid": "Office"}
    outcome, reason = said(aws, allow("*", "sqs:SendMessage", QUEUE), narrow)
    assert outcome is Outcome.WARN
    assert "Office stays" in reason


@pytest.mark.parametrize("statements", [(), (allow({"AWS": ACCOUNT}, "sqs:*", QUEUE),)])
def test_a_policy_without_everybody_passes(aws, statements):
    assert said(aws, *statements)[0] is Outcome.PASS


def test_everybody_but_some_is_a_persons_to_put_right(aws):
    but = {
        "Sid": "But",
        "Effect": "Allow",
        "NotPrincipal": {"AWS": PARTNER},
        "Action": "sqs:*",
        "Resource": QUEUE,
    }
    outcome, reason = said(aws, allow("*", "sqs:SendMessage", QUEUE), but)
    assert outcome is Outcome.BLOCK
    assert "NotPrincipal" in reason
