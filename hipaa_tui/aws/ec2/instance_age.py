"""How long an instance has run or stood still, and in which network: only for looking.

Both figures are of the day of the reading, so they are never compared or planned.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from hipaa_tui.aws.ec2.instances import Instances, existing
from hipaa_tui.aws.ec2.settings import operations
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

# "User initiated (2016-09-14 15:07:39 GMT)": the one place where EC2 says when an instance stopped.
_WHEN: Final = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")


class Lifetime(Setting):
    """{"State", "VpcId", "RunningDays"?: since its last launch, "StoppedDays"?, "ImageId"}

    An instance of which EC2 does not say when it stopped is counted from its last launch, which is longer ago.
    """

    id = "aws.ec2.instance-lifetime"
    title = "Age and network of the instance"
    resource = Instances.name
    reads = operations("DescribeInstances")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        instance = existing(cloud, target)
        if instance is None:
            return Reading(ABSENT)
        state = str((instance.get("State") or {}).get("Name") or "")
        launched = _time(str(instance.get("LaunchTime") or ""))
        value: dict[str, Any] = {
            "State": state,
            "VpcId": str(instance.get("VpcId") or ""),
            "ImageId": str(instance.get("ImageId") or ""),
        }
        if state == "running" and launched:
            value["RunningDays"] = _days(launched)
        if state == "stopped" and (
            since := stopped_at(str(instance.get("StateTransitionReason"))) or launched
        ):
            value["StoppedDays"] = _days(since)
        return Reading(value, {"Arn": target.id, "InstanceId": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("no call makes an instance younger or puts it into another network")


def stopped_at(reason: str) -> datetime | None:
    """When an instance stopped, as its StateTransitionReason says; None where that says no time."""
    found = _WHEN.search(reason)
    return _time(f"{found[1]}+00:00") if found else None


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _days(since: datetime) -> int:
    return (datetime.now(UTC) - since).days


SETTINGS = (Lifetime(),)
