"""How long an instance has run or stood still, and in which network: only for looking.

Both figures are of the day of the reading, so they are never compared or planned.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, text
from hipaa_tui.aws.ec2.instances import INSTANCE, Instances
from hipaa_tui.support.json_value import Json

# "User initiated (2016-09-14 15:07:39 GMT)": the one place where EC2 says when an instance stopped.
_WHEN: Final = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")


class Lifetime(Declared):
    """{"State", "VpcId", "RunningDays"?: since its last launch, "StoppedDays"?, "ImageId"}

    An instance of which EC2 does not say when it stopped is counted from its last launch, which is longer ago.
    """

    id = "aws.ec2.instance-lifetime"
    title = "Age and network of the instance"
    resource = Instances.name
    reading = INSTANCE
    fields = {"State": text("State.Name"), "VpcId": text("VpcId"), "ImageId": text("ImageId")}
    identity = {"Arn": "{id}", "InstanceId": "{name}"}
    read_only = "no call makes an instance younger or puts it into another network"

    def value(self, found: Any) -> Json:
        value = super().value(found)
        launched = _time(str(found.get("LaunchTime") or ""))
        if value["State"] == "running" and launched:
            value["RunningDays"] = _days(launched)
        if value["State"] == "stopped" and (
            since := stopped_at(str(found.get("StateTransitionReason"))) or launched
        ):
            value["StoppedDays"] = _days(since)
        return value


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
