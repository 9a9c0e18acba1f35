"""The guard of an alarm that gets an action: how often it went off, and whether its actions are enabled."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.cloudwatch.estate import alarm
from tests.aws.guards import bucket, verdict
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION

PASS, WARN = Outcome.PASS, Outcome.WARN
ALARM = "aws.cloudwatch.alarm"


@pytest.fixture
def do(aws):
    return lambda service, operation, **more: do_by_hand(aws, service, operation, **more)


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


def alarm_verdict(aws: Any, **more: Any) -> tuple[Outcome, str]:
    target = found("AWS::CloudWatch::Alarm", "silent")
    value = setting(ALARM).read(aws, target).value
    return verdict(aws, "alarm-was-quiet", target, (ALARM, {**value, "AlarmActions": ["t"], **more}))


def test_an_alarm_that_is_red_all_the_time_is_heard_by_nobody(aws, do):
    alarm(do, "silent")
    assert alarm_verdict(aws)[0] is PASS
    for number in range(42):
        state = "OK" if number % 2 else "ALARM"
        do("cloudwatch", "SetAlarmState", AlarmName="silent", StateValue=state, StateReason="test")
    outcome, reason = alarm_verdict(aws)
    assert (outcome, "21 times" in reason) == (WARN, True)


def test_actions_that_are_switched_off_stay_off_and_are_said(aws, do):
    alarm(do, "silent", ActionsEnabled=False)
    outcome, reason = alarm_verdict(aws)
    assert (outcome, "enable-alarm-actions" in reason) == (WARN, True)


@pytest.mark.parametrize("name", ["alarm-was-quiet"])
def test_a_plan_without_such_a_change_is_nothing_to_look_at(aws, name):
    assert verdict(aws, name, bucket("records"))[0] is PASS
