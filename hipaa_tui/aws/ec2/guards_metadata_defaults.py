"""Checks the region's instances for IMDSv1 callers before new instances require tokens (IMDSv2) by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hipaa_tui.aws.ec2.guards_metadata import DAYS
from hipaa_tui.aws.ec2.settings import tags_of
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import Json, at

DEFAULTS: Final = "aws.ec2.instance-metadata-defaults"
_MAX_METRICS: Final = 500
"""Maximum number of metrics in one GetMetricData request."""
_SHOWN: Final = 3
_GROUP: Final = "aws:autoscaling:groupName"


def next_instances_need_tokens(context: GuardContext) -> Verdict:
    """Blocks where new instances of an Auto Scaling group would fail IMDSv1 callers; warns of other such callers.

    MetadataNoToken counts the requests without a token of each instance (EC2 User Guide, "Transition to using IMDSv2").
    """
    identity = context.read(DEFAULTS, context.target).identity
    if identity.get("ManagedBy") == "declarative-policy":
        return (
            Outcome.BLOCK,
            "a declarative policy of the organization sets this default: it can be changed only there",
        )
    accepting = open_instances(context)
    callers = callers_of(context, accepting)
    if callers:
        grown = sorted({group for caller in callers if (group := tags_of(caller).get(_GROUP))})
        shown = some([str(caller["InstanceId"]) for caller in callers])
        if grown:
            return (
                Outcome.BLOCK,
                f"programs on {shown} request metadata without a token, and the next instances of the Auto Scaling "
                f"group {some(grown)} would not answer them: set HttpTokens in the group's "
                "launch template, or update the programs first",
            )
        return (
            Outcome.WARN,
            f"programs on {shown} request metadata without a token: these instances keep answering, but new ones "
            "like them will not unless their launch sets HttpTokens",
        )
    if len(accepting) > _MAX_METRICS:
        return (
            Outcome.WARN,
            f"{_MAX_METRICS} of {len(accepting)} instances that accept IMDSv1 were checked, and none received a request without "
            "a token",
        )
    return Outcome.PASS, f"no running instance received a metadata request without a token in {DAYS} days"


def open_instances(context: GuardContext, **filters: Json) -> list[dict[str, Any]]:
    """Returns the region's running instances that accept IMDSv1, as DescribeInstances gives them."""
    listed = context.cloud.pages(_call(context, "ec2", "DescribeInstances", **filters), "Reservations")
    return [
        instance
        for reservation in listed
        for instance in reservation.get("Instances") or []
        if at(instance, "State.Name") == "running"
        and at(instance, "MetadataOptions.HttpTokens") != "required"
        and at(instance, "MetadataOptions.HttpEndpoint") != "disabled"
    ]


def callers_of(context: GuardContext, instances: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Returns those that received IMDSv1 requests in the last DAYS days, of the first 500 instances given."""
    instances = instances[:_MAX_METRICS]
    if not instances:
        return []
    queries: list[Json] = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/EC2",
                    "MetricName": "MetadataNoToken",
                    "Dimensions": [{"Name": "InstanceId", "Value": str(instance["InstanceId"])}],
                },
                "Period": 86_400,
                "Stat": "Sum",
            },
        }
        for number, instance in enumerate(instances)
    ]
    now = datetime.now(UTC)
    query: dict[str, Json] = {
        "MetricDataQueries": queries,
        "StartTime": (now - timedelta(days=DAYS)).isoformat(),
        "EndTime": now.isoformat(),
    }
    results = context.cloud.pages(_call(context, "cloudwatch", "GetMetricData", **query), "MetricDataResults")
    busy = {
        str(result["Id"])
        for result in results
        if sum(float(value) for value in result.get("Values") or []) > 0
    }
    return [instance for number, instance in enumerate(instances) if f"m{number}" in busy]


def some(names: Sequence[str]) -> str:
    """Joins the first three names, and says how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _call(context: GuardContext, service: str, operation: str, **arguments: Json) -> Call:
    return Call("aws", service, operation, arguments, context.target.region)


GUARDS = {"next-instances-need-tokens": next_instances_need_tokens}
