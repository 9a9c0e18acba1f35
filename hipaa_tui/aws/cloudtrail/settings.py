"""CloudTrail's trails: whether every region is recorded, and whether forged log files would show.

A trail lives in its home region and is seen from every other one as a shadow; only at home can it be
changed. One multi-region trail is enough for an account, and a second one is paid for, so the value
says whether another trail does the work already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json

ELSEWHERE: Final = "MultiRegionElsewhere"
_UPDATED: Final = {
    # The value's name → what GetTrail calls it; UpdateTrail takes the former.
    "IsMultiRegionTrail": "IsMultiRegionTrail",
    "EnableLogFileValidation": "LogFileValidationEnabled",
    "IncludeGlobalServiceEvents": "IncludeGlobalServiceEvents",
}
_COVERAGE: Final = ("IsMultiRegionTrail", "IncludeGlobalServiceEvents", "IsLogging")
_KEPT: Final = (
    "Name",
    "S3BucketName",
    "S3KeyPrefix",
    "KmsKeyId",
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
    "SnsTopicName",
    "SnsTopicARN",
    "HomeRegion",
    "IsOrganizationTrail",
    "HasCustomEventSelectors",
    "HasInsightSelectors",
)


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("cloudtrail", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    return Call("aws", "cloudtrail", operation, arguments, target.region)


class Trails(ResourceType):
    name = "AWS::CloudTrail::Trail"
    title = "Trail"
    missing_resource_suffix = ":trail"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        request = Call("aws", "cloudtrail", "DescribeTrails", {"includeShadowTrails": False}, region)
        found = cloud.call(request).get("trailList") or []
        targets = (self.target(str(one["TrailARN"]), account, region, partition) for one in found)
        # The trail of an organization shows in its members' accounts, where nobody can change it.
        return [target for target in targets if target is not None and target.account == account]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        # Where no trail does what one has to do, reports name "trail" without saying which.
        if arn is None or arn.service != "cloudtrail" or not arn.resource.startswith("trail/"):
            return None
        name = arn.resource.partition("/")[2]
        return Target("aws", self.name, arn.account or account, arn.region or region, id, name, arn.partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return _tags(cloud, target)


class Trail(Setting):
    """{"IsMultiRegionTrail", "EnableLogFileValidation", "IncludeGlobalServiceEvents", "IsLogging"}: booleans.

    "MultiRegionElsewhere" lists the ARNs of other trails that record every region now. It is there for
    predicates, and never compared or written.
    """

    id = "aws.cloudtrail.trail"
    title = "Trail"
    resource = Trails.name
    reads = _operations("GetTrail", "GetTrailStatus", "DescribeTrails", "ListTags")
    writes = _operations("UpdateTrail", "StartLogging", "StopLogging")
    settle_seconds = 60.0
    terraform = ("aws_cloudtrail",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            trail = cloud.call(call(target, "GetTrail", Name=target.id))["Trail"]
        except CloudError as error:
            return absent_on(("TrailNotFoundException",), error)
        value: dict[str, Json] = {ours: bool(trail.get(theirs)) for ours, theirs in _UPDATED.items()}
        value["IsLogging"] = _logs(cloud, target, target.id)
        value[ELSEWHERE] = self._elsewhere(cloud, target)
        identity = {key: trail[key] for key in _KEPT if trail.get(key) not in (None, "")}
        identity |= {"Arn": target.id, "Tags": _tags(cloud, target)}
        return Reading(value, {"HomeRegion": target.region, **identity})

    def _elsewhere(self, cloud: Cloud, target: Target) -> list[str]:
        seen = cloud.call(call(target, "DescribeTrails", includeShadowTrails=True)).get("trailList") or []
        others = sorted(str(one["TrailARN"]) for one in seen if one.get("IsMultiRegionTrail"))
        return [arn for arn in others if arn != target.id and _logs(cloud, target, arn)]

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            raise ValueError(f"there is no trail {target.name}: it has been deleted since the report")
        if after["IsMultiRegionTrail"] and not after["IncludeGlobalServiceEvents"]:
            raise ValueError("a trail of every region records the events of global services too")
        changed = {key: after[key] for key in _UPDATED if after[key] != before.value[key]}
        calls = [call(target, "UpdateTrail", Name=target.id, **changed)] if changed else []
        if after["IsLogging"] != before.value["IsLogging"]:
            operation = "StartLogging" if after["IsLogging"] else "StopLogging"
            calls.append(call(target, operation, Name=target.id))
        return calls

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        if ABSENT in (before, after) or before["IsLogging"] == after["IsLogging"]:
            return []
        return [{**after, "IsLogging": before["IsLogging"]}]

    def canonical(self, value: Json) -> Json:
        return {key: bool(value.get(key)) for key in (*_UPDATED, "IsLogging")}


def _logs(cloud: Cloud, target: Target, arn: str) -> bool:
    try:
        return bool(cloud.call(call(target, "GetTrailStatus", Name=arn)).get("IsLogging"))
    except CloudError as error:
        if arn != target.id and (error.denied or error.code == "TrailNotFoundException"):
            return False  # somebody else's trail that nobody may look at is no proof
        raise


def _tags(cloud: Cloud, target: Target) -> dict[str, str]:
    found = cloud.call(call(target, "ListTags", ResourceIdList=[target.id])).get("ResourceTagList") or []
    return {str(tag["Key"]): str(tag.get("Value", "")) for one in found for tag in one.get("TagsList") or []}


def with_trail(current: Json, wanted: Json) -> Json:
    """The trail with what `wanted` turns on; where another one records every region, only the rest of it."""
    if current is ABSENT:
        raise ValueError("there is no such trail any more")
    covered = bool(current.get(ELSEWHERE))
    return {
        **current,
        **{key: item for key, item in wanted.items() if not (covered and key in _COVERAGE)},
    }


RESOURCE_TYPES = (Trails(),)
SETTINGS = (Trail(),)
BUILDERS = {"with_trail": with_trail}
