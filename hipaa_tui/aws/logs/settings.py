"""CloudWatch log groups that audit logs are kept in.

Shortening the retention deletes logs within days and cannot be taken back, so nothing here that is
asked for by a playbook does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, ResourceType, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

TAGS: Final = {"managed-by": "hipaa-tui"}


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("logs", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    return Call("aws", "logs", operation, arguments, target.region)


def name_of(id: str) -> str:
    """The log group's name, from its ARN (with or without the trailing ":*") or from the name itself."""
    arn = parse(id)
    if arn is None:
        return id
    return arn.resource.removeprefix("log-group:").partition(":")[0]


def arn_of(target: Target) -> str:
    """The log group's ARN without ":*", the form that tagging and KMS take."""
    return f"arn:{target.partition}:logs:{target.region}:{target.account}:log-group:{name_of(target.id)}"


class LogGroups(ResourceType):
    name = "AWS::Logs::LogGroup"
    title = "Log group"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = cloud.pages(Call("aws", "logs", "DescribeLogGroups", {}, region), "logGroups")
        targets = (self.target(str(one["arn"]), account, region, partition) for one in found)
        return [target for target in targets if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is not None:
            if arn.service != "logs" or not arn.resource.startswith("log-group:"):
                return None
            account, region, partition = arn.account or account, arn.region or region, arn.partition
            id = id.removesuffix(":*")
        elif not id or ":" in id or not id.isprintable():
            return None
        return Target("aws", self.name, account, region, id, name_of(id), partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return _tags(cloud, target)


class LogGroup(Setting):
    """The log group itself: {"kmsKeyId"?: ARN, "retentionInDays"?: days}; without days it keeps logs for ever."""

    id = "aws.logs.log-group"
    title = "Log group"
    resource = LogGroups.name
    reads = _operations("DescribeLogGroups", "ListTagsForResource")
    writes = (
        Operation("logs", "CreateLogGroup", also=("logs:TagResource",)),
        *_operations("PutRetentionPolicy", "DeleteRetentionPolicy", "AssociateKmsKey", "DisassociateKmsKey"),
    )
    creates_resource = True
    kept_on_rollback = "a log group that may hold audit logs is never deleted"
    # A key whose policy was written a moment ago, and a group that another call is still about.
    retry_codes = ("InvalidParameterException",)
    terraform = ("aws_cloudwatch_log_group",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        name = name_of(target.id)
        found = cloud.pages(call(target, "DescribeLogGroups", logGroupNamePrefix=name), "logGroups")
        group = next((one for one in found if one["logGroupName"] == name), None)
        if group is None:
            return Reading(ABSENT)
        value = {key: group[key] for key in ("kmsKeyId", "retentionInDays") if group.get(key)}
        return Reading(value, {**self.planned_identity(target, value), "Tags": _tags(cloud, target)})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [] if after is ABSENT else [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        """The calls, each with the value that stands after it."""
        name = name_of(target.id)
        steps: list[tuple[Call, Json]] = []
        key, days = after.get("kmsKeyId"), after.get("retentionInDays")
        if before is ABSENT:
            now: dict[str, Any] = {"kmsKeyId": key} if key else {}
            steps.append((call(target, "CreateLogGroup", logGroupName=name, **now, tags=TAGS), dict(now)))
        else:
            now = dict(before)
            if key != now.get("kmsKeyId"):
                operation = "AssociateKmsKey" if key else "DisassociateKmsKey"
                now = _with(now, "kmsKeyId", key)
                chosen = {"kmsKeyId": key} if key else {}
                steps.append((call(target, operation, logGroupName=name, **chosen), now))
        if days != now.get("retentionInDays"):
            operation = "PutRetentionPolicy" if days else "DeleteRetentionPolicy"
            chosen = {"retentionInDays": days} if days else {}
            now = _with(now, "retentionInDays", days)
            steps.append((call(target, operation, logGroupName=name, **chosen), now))
        return steps

    def canonical(self, value: Json) -> Json:
        return {key: item for key, item in value.items() if item}

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"Arn": arn_of(target), "logGroupName": name_of(target.id)}


def _with(value: Mapping[str, Any], key: str, item: Json) -> dict[str, Any]:
    return {**{k: v for k, v in value.items() if k != key}, **({key: item} if item else {})}


def _tags(cloud: Cloud, target: Target) -> dict[str, str]:
    found = cloud.call(call(target, "ListTagsForResource", resourceArn=arn_of(target)))
    return {str(key): str(value) for key, value in (found.get("tags") or {}).items()}


def with_retention(current: Json, wanted: Json) -> Json:
    """The log group as wanted where there is none; one that is there keeps logs no shorter than it does.

    `wanted` is {"retentionInDays", "kmsKeyId"?}; an empty key leaves the group with what it has.
    """
    days = int(wanted["retentionInDays"])
    key = {"kmsKeyId": wanted["kmsKeyId"]} if wanted.get("kmsKeyId") else {}
    if current is ABSENT:
        return {**key, "retentionInDays": days}
    if not current.get("retentionInDays"):
        return {**current, **key}  # for ever is longer than any number of days
    return {**current, **key, "retentionInDays": max(int(current["retentionInDays"]), days)}


RESOURCE_TYPES = (LogGroups(),)
SETTINGS = (LogGroup(),)
BUILDERS = {"with_retention": with_retention}
