"""CloudWatch's alarms: whether anybody is told.

PutMetricAlarm replaces the whole alarm, so a value is all of what one chooses of it: who changes the alarm between
plan and run is noticed, and nothing of it is lost.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.declared import Read
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_REPORTED: Final = frozenset(
    {
        *("AlarmName", "AlarmArn", "AlarmConfigurationUpdatedTimestamp", "EvaluationState"),
        *(
            "StateValue",
            "StateReason",
            "StateReasonData",
            "StateUpdatedTimestamp",
            "StateTransitionedTimestamp",
        ),
    }
)
"""What the service says of an alarm; all else is somebody's choice, also what is newer than this."""
_LISTS: Final = ("OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions", "Metrics")


class Alarms(Named):
    name = "AWS::CloudWatch::Alarm"
    title = "CloudWatch alarm"
    service = "cloudwatch"
    kind = "alarm:"
    pattern = re.compile(r"[^\x00-\x1f]{1,255}")
    listing = Read("cloudwatch", "DescribeAlarms", "MetricAlarms")
    field = "AlarmName"

    def tags(self, cloud: Cloud, target: Target) -> dict[str, str]:
        asked = Call("aws", "cloudwatch", "ListTagsForResource", {"ResourceARN": target.id}, target.region)
        return {str(tag["Key"]): str(tag["Value"]) for tag in cloud.call(asked).get("Tags") or []}


class AlarmConfiguration(Setting):
    """What PutMetricAlarm takes of the alarm but its name; actions are lists, empty ones too."""

    id = "aws.cloudwatch.alarm"
    title = "Alarm"
    resource = Alarms.name
    reads = (Operation("cloudwatch", "DescribeAlarms"), Operation("cloudwatch", "ListTagsForResource"))
    writes = (Operation("cloudwatch", "PutMetricAlarm"),)
    terraform = ("aws_cloudwatch_metric_alarm",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        asked = {"AlarmNames": [target.name], "AlarmTypes": ["MetricAlarm"]}
        found = cloud.call(Call("aws", "cloudwatch", "DescribeAlarms", asked, target.region))
        alarms = [one for one in found.get("MetricAlarms") or [] if one.get("AlarmName") == target.name]
        if not alarms:
            return Reading(ABSENT)
        alarm = alarms[0]
        value = {
            key: item for key, item in alarm.items() if key not in _REPORTED and item not in (None, "", [])
        }
        value |= {key: list(alarm.get(key) or []) for key in _LISTS[:3]}
        value["ActionsEnabled"] = bool(alarm.get("ActionsEnabled", True))
        return Reading(value, {"Arn": target.id, "AlarmName": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            raise ValueError(f"there is no alarm {target.name}: it has been deleted since the report")
        given = {"AlarmName": target.name, **after}
        return [Call("aws", "cloudwatch", "PutMetricAlarm", given, target.region)]

    def canonical(self, value: Json) -> Json:
        found = {key: item for key, item in value.items() if item not in (None, [])}
        return {**found, **{key: sorted(found[key], key=str) for key in _LISTS if key in found}}


def telling(current: Json, wanted: Json) -> Json:
    """The alarm with one more to tell: {"topic", "missing": also where its data is missing}."""
    if current is ABSENT:
        raise ValueError("there is no such alarm any more")
    told = {**current}
    for key in ("AlarmActions", *(["InsufficientDataActions"] if wanted["missing"] else [])):
        if current[key]:
            continue
        told[key] = [wanted["topic"]]
    return told


RESOURCE_TYPES = (Alarms(),)
SETTINGS = (AlarmConfiguration(),)
BUILDERS = {"telling": telling}
