"""Looks what the region's next instances would miss, before they are launched without the old metadata service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hipaa_tui.aws.ec2.guards_metadata import DAYS
from hipaa_tui.aws.ec2.settings import tags_of
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import Json, at

DEFAULTS: Final = "aws.ec2.instance-metadata-defaults"
_MOST: Final = 500
"""Metrics that one GetMetricData takes."""
_SHOWN: Final = 3
_GROUP: Final = "aws:autoscaling:groupName"


def next_instances_need_tokens(look: Look) -> Verdict:
    """Blocks where an Auto Scaling group would replace instances by ones that fail; warns of others that ask in the old way.

    MetadataNoToken counts requests without a token of each instance (EC2 User Guide, "Transition to using IMDSv2").
    """
    identity = look.read(DEFAULTS, look.target).identity
    if identity.get("ManagedBy") == "declarative-policy":
        return (
            Outcome.BLOCK,
            "a declarative policy of the organization sets this default: it can be changed there only",
        )
    old = open_instances(look)
    callers = callers_of(look, old)
    if callers:
        grown = sorted({group for one in callers if (group := tags_of(one).get(_GROUP))})
        shown = some([str(one["InstanceId"]) for one in callers])
        if grown:
            return (
                Outcome.BLOCK,
                f"programs on {shown} ask for metadata without a token, and the next instances of the Auto Scaling group "
                f"{some(grown)} would give them no answer: update them, or say HttpTokens in the group's launch template",
            )
        return (
            Outcome.WARN,
            f"programs on {shown} ask for metadata without a token: these instances go on, and new ones like them that do "
            "not say HttpTokens themselves give no answer",
        )
    if len(old) > _MOST:
        return (
            Outcome.WARN,
            f"{_MOST} of {len(old)} instances that need no token were looked at, and none asks without",
        )
    return Outcome.PASS, f"no running instance was asked for metadata without a token in {DAYS} days"


def open_instances(look: Look, **filters: Json) -> list[dict[str, Any]]:
    """The region's running instances that answer without a token."""
    listed = look.cloud.pages(_call(look, "ec2", "DescribeInstances", **filters), "Reservations")
    return [
        one
        for reservation in listed
        for one in reservation.get("Instances") or []
        if at(one, "State.Name") == "running"
        and at(one, "MetadataOptions.HttpTokens") != "required"
        and at(one, "MetadataOptions.HttpEndpoint") != "disabled"
    ]


def callers_of(look: Look, instances: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that were asked without a token lately, all of the first 500 found by one call."""
    instances = instances[:_MOST]
    if not instances:
        return []
    queries: list[Json] = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/EC2",
                    "MetricName": "MetadataNoToken",
                    "Dimensions": [{"Name": "InstanceId", "Value": str(one["InstanceId"])}],
                },
                "Period": 86_400,
                "Stat": "Sum",
            },
        }
        for number, one in enumerate(instances)
    ]
    now = datetime.now(UTC)
    asked: dict[str, Json] = {
        "MetricDataQueries": queries,
        "StartTime": (now - timedelta(days=DAYS)).isoformat(),
        "EndTime": now.isoformat(),
    }
    found = look.cloud.pages(_call(look, "cloudwatch", "GetMetricData", **asked), "MetricDataResults")
    busy = {str(one["Id"]) for one in found if sum(float(value) for value in one.get("Values") or []) > 0}
    return [one for number, one in enumerate(instances) if f"m{number}" in busy]


def some(names: Sequence[str]) -> str:
    """The first names, and how many there are besides."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _call(look: Look, service: str, operation: str, **arguments: Json) -> Call:
    return Call("aws", service, operation, arguments, look.target.region)


GUARDS = {"next-instances-need-tokens": next_instances_need_tokens}
