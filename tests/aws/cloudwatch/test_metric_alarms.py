"""Metric filters that say the same are known whoever wrote them, and an alarm counts only where somebody is told."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.cloudwatch.metric_alarms import PATTERNS, says
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.cloudwatch.estate import build, vpc_changes
from tests.aws.guards import Answers, do, verdict
from tests.aws.server import ACCOUNT, REGION

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
ALARMS = setting("aws.cloudwatch.trail-alarms")


def place():
    return resource_type(ALARMS.resource).target(
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group", ACCOUNT, REGION
    )


@pytest.mark.parametrize("rule", PATTERNS)
def test_each_pattern_says_itself_and_no_other(rule):
    assert [other for other in PATTERNS if says(PATTERNS[rule], PATTERNS[other])] == [rule]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ('{($.eventName="StopLogging")||($.eventName=StartLogging)||($.eventName=CreateTrail)||($.eventName=UpdateTrail)||($.eventName=DeleteTrail)}', True),
        ("{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) }", False),
        ("", False),
        ("StopLogging StartLogging CreateTrail UpdateTrail DeleteTrail", False),
    ],
)  # fmt: skip
def test_the_order_and_the_quotes_do_not_matter_and_a_gap_does(pattern, said):
    assert says(pattern, PATTERNS["trail-changes"]) is said


def covered(aws):
    return ALARMS.read(aws, place()).value["Covered"]


def test_an_alarm_of_somebody_else_is_enough(aws):
    build(aws)
    vpc_changes(aws, actions=(TOPIC,))
    assert covered(aws) == ["vpc-changes"]


@pytest.mark.parametrize("wrong", [{"group": "/elsewhere"}, {"actions": ()}, {"metric": "another"}])
def test_an_alarm_that_tells_nobody_or_hears_nothing_is_none(aws, wrong):
    build(aws)
    do(aws, "logs", "CreateLogGroup", logGroupName="/elsewhere")
    vpc_changes(aws, **{"actions": (TOPIC,), **wrong})
    assert covered(aws) == []


def test_without_a_trail_that_is_heard_it_is_said_what_to_do_first(aws):
    playbook = load().get("aws.cloudwatch.alarm-key-loss")
    plan = make_plan([FixRequest(playbook, place(), ())], {"aws": aws}, {})
    assert plan.changes == ()
    assert "apply aws.cloudtrail.cloudwatch-logs" in plan.skipped[0].reason


@pytest.mark.parametrize(
    "id", [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/x:*"]
)
def test_what_reports_call_it_is_understood(id):
    assert resource_type(ALARMS.resource).target(id, ACCOUNT, REGION) == place()
    assert resource_type(ALARMS.resource).target("arn:aws:s3:::b", ACCOUNT, REGION) is None


@pytest.mark.parametrize(
    ("arn", "listed", "outcome"),
    [
        (TOPIC, [], Outcome.WARN),
        (TOPIC, [{"SubscriptionArn": "PendingConfirmation"}], Outcome.WARN),
        (TOPIC, [{"SubscriptionArn": f"{TOPIC}:1"}], Outcome.PASS),
        (TOPIC.replace(REGION, "eu-west-1"), [], Outcome.BLOCK),
        (TOPIC.replace("alerts", "gone"), [], Outcome.BLOCK),
    ],
)
def test_an_alarm_wants_somebody_who_hears_it(aws, arn, listed, outcome):
    build(aws)
    cloud = Answers(aws, ListSubscriptionsByTopic={"Subscriptions": listed})
    assert verdict(cloud, "alarm-is-heard", place(), topic=arn)[0] is outcome
