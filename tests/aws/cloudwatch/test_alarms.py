"""Actions of an alarm: whom it tells changes, everything else stays."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.aws.cloudwatch.alarms import telling
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.cloudwatch.estate import alarm
from tests.aws.guards import Answers
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION


@pytest.fixture
def do(aws):
    return lambda service, operation, **more: do_by_hand(aws, service, operation, **more)


def target(type: str, id: str) -> Any:
    found = resource_type(type).target(id, ACCOUNT, REGION)
    assert found is not None
    return found


def test_an_alarm_keeps_everything_but_whom_it_tells(aws, do):
    alarm(do, "silent", OKActions=["arn:aws:sns:us-east-1:123456789012:ok"])
    one, where = setting("aws.cloudwatch.alarm"), target("AWS::CloudWatch::Alarm", "silent")
    before = one.read(aws, where)
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:t"
    wanted = telling(before.value, {"topic": topic, "missing": True})
    for call in one.write(where, before, wanted):
        aws.call(call)
    after = do("cloudwatch", "DescribeAlarms", AlarmNames=["silent"])["MetricAlarms"][0]
    assert (after["AlarmActions"], after["InsufficientDataActions"]) == ([topic], [topic])
    kept = {"Threshold": 0.0, "EvaluationPeriods": 2, "TreatMissingData": "notBreaching", "Period": 300}
    assert {key: after[key] for key in kept} == kept
    assert after["OKActions"] == ["arn:aws:sns:us-east-1:123456789012:ok"]
    assert after["Dimensions"] == [{"Name": "FunctionName", "Value": "etl"}]
    assert telling(wanted, {"topic": "other", "missing": True}) == wanted
    missing = one.read(aws, target("AWS::CloudWatch::Alarm", "gone"))
    assert missing.absent
    with pytest.raises(ValueError, match="deleted"):
        one.write(where, missing, wanted)


def test_what_a_newer_service_says_of_an_alarm_is_handed_back(aws, do):
    alarm(do, "silent")
    described = do("cloudwatch", "DescribeAlarms")["MetricAlarms"][0]
    newer = {"MetricAlarms": [{**described, "EvaluationInterval": 60, "StateValue": "ALARM"}]}
    one, where = setting("aws.cloudwatch.alarm"), target("AWS::CloudWatch::Alarm", "silent")
    value = one.read(Answers(aws, DescribeAlarms=newer), where).value
    assert value["EvaluationInterval"] == 60
    assert not {"StateValue", "AlarmArn", "AlarmName"} & set(value)
