"""Whether any trail at all records what is done in the account, in this region.

One that the account has and that does not record is started again; only where there is none a new one is made,
since each further copy of the events is paid for. A trail of the organization counts, and is nobody's here to change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.cloudtrail.events import ADVANCED, BASIC, advanced, fields, selectors_of
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
)
from hipaa_tui.support.json_value import Json

OWN: Final = "hipaa-tui-audit"
PREFIX: Final = "trail"
_ACCOUNT: Final = re.compile(r"(?:AWS::::Account:)?(\d{12})")
_MANAGEMENT: Final = "Management"
_COMPARED: Final = ("Name", "Bucket", "IsLogging", "Management")
_TAGS: Final = [{"Key": "managed-by", "Value": "hipaa-tui"}]
_EVERYTHING: Final = {
    "Name": "hipaa-tui: management events",
    "FieldSelectors": [{"Field": "eventCategory", "Equals": [_MANAGEMENT]}],
}


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("cloudtrail", name) for name in names)


class AccountTrails(ResourceType):
    """No resource of its own: the trails that see a region of the account."""

    name = "AWS::CloudTrail::AccountTrails"
    title = "Record of the account's calls"
    per_region = True

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return [self._of(account, region, partition)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            found = _ACCOUNT.fullmatch(id)
            return self._of(found[1], region, partition) if found and region else None
        # Where there is no trail, reports name "trail" without saying which, or the account.
        mine = arn.service == "cloudtrail" and arn.resource.partition("/")[0] == "trail"
        if not mine and (arn.service, arn.resource) != ("iam", "root"):
            return None
        where = arn.region or region
        return self._of(arn.account or account, where, arn.partition) if where else None

    def _of(self, account: str, region: str, partition: str) -> Target:
        id = f"arn:{partition}:cloudtrail:{region}:{account}:trail"
        return Target("aws", self.name, account, region, id, f"the trails in {region}", partition)


class AccountTrail(Setting):
    """{"Recorded": bool, "Trail": {"Name", "Arn", "Home", "Bucket", "IsLogging", "Management", "Selectors"} or None}

    "Recorded" says whether any trail, of whoever, records at least what is changed. "Trail" is the account's own one
    that is nearest to it, "Management" what it selects of management events: all, write, read or none.
    """

    id = "aws.cloudtrail.account-trail"
    title = "Record of the account's calls"
    resource = AccountTrails.name
    reads = _operations("DescribeTrails", "GetTrailStatus", "GetEventSelectors")
    writes = (
        Operation("cloudtrail", "CreateTrail", also=("cloudtrail:AddTags",)),
        *_operations("StartLogging", "StopLogging", "PutEventSelectors", "DeleteTrail"),
    )
    settle_seconds = 60.0
    retry_codes = ("InsufficientS3BucketPolicyException", "S3BucketDoesNotExistException")
    terraform = ("aws_cloudtrail",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        asked = Call("aws", "cloudtrail", "DescribeTrails", {"includeShadowTrails": True}, target.region)
        seen = [_looked_at(cloud, target, one) for one in cloud.call(asked).get("trailList") or []]
        recorded = any(one["IsLogging"] and one["Management"] in ("all", "write") for one in seen)
        own = [one for one in seen if f":{target.account}:" in str(one["Arn"])]
        own.sort(key=lambda one: (not one["IsLogging"], one["Home"] != target.region, one["Name"]))
        identity = {"Trail": own[0]["Name"] if own else "", "Arn": own[0]["Arn"] if own else ""}
        return Reading({"Recorded": recorded, "Trail": own[0] if own else None}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [one for one, _ in _steps(target, before.value["Trail"], after["Trail"])]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [{"Trail": stage} for _, stage in _steps(target, before["Trail"], after["Trail"])][:-1]

    def canonical(self, value: Json) -> Json:
        trail = value["Trail"]
        return None if trail is None else {key: trail.get(key) for key in _COMPARED}


def _looked_at(cloud: Cloud, target: Target, trail: Mapping[str, Any]) -> dict[str, Json]:
    """A trail with what it records. One that nobody may look at is no proof of anything."""
    arn, home = str(trail["TrailARN"]), str(trail.get("HomeRegion") or target.region)
    there = Target("aws", "AWS::CloudTrail::Trail", target.account, home, arn, arn, target.partition)
    try:
        status = cloud.call(Call("aws", "cloudtrail", "GetTrailStatus", {"Name": arn}, home))
        logging, selectors = bool(status.get("IsLogging")), selectors_of(cloud, there, arn)
    except CloudError as error:
        if not error.denied and error.code != "TrailNotFoundException":
            raise
        logging, selectors = False, {}
    return {
        "Name": str(trail.get("Name") or ""),
        "Arn": arn,
        "Home": home,
        "Bucket": str(trail.get("S3BucketName") or ""),
        "IsLogging": logging,
        "Management": management(selectors) if selectors else "none",
        "Selectors": selectors,
    }


def management(selectors: Mapping[str, Any]) -> str:
    """What the selectors record of management events: all, write, read or none. A part of the services is none."""
    found = set()
    for one in selectors.get(ADVANCED) or []:
        tests = fields(one)
        sources = set(tests.get("eventSource") or {}) - {"Field", "NotEquals"}
        if (tests.get("eventCategory") or {}).get("Equals") == [_MANAGEMENT] and not sources:
            only = (tests.get("readOnly") or {}).get("Equals") or [""]
            found.add({"true": "read", "false": "write"}.get(str(only[0]), "all"))
    for one in [] if selectors.get(ADVANCED) else selectors.get(BASIC) or []:
        if one.get("IncludeManagementEvents", True):
            words = {"ReadOnly": "read", "WriteOnly": "write"}
            found.add(words.get(str(one.get("ReadWriteType")), "all"))
    if "all" in found or {"read", "write"} <= found:
        return "all"
    return found.pop() if found else "none"


def _steps(target: Target, old: Json, new: Json) -> list[tuple[Call, Json]]:
    """The calls, each with the trail as it stands after it."""

    def ask(operation: str, **arguments: Json) -> Call:
        home = str((new or old).get("Home") or target.region)
        return Call("aws", "cloudtrail", operation, arguments, home)

    found: list[tuple[Call, Json]] = []
    if new is None:
        return [(ask("DeleteTrail", Name=old["Name"]), None)] if old is not None else []
    stage = old
    if old is None:
        stage = {**new, "IsLogging": False}
        made = ask(
            "CreateTrail",
            Name=new["Name"],
            S3BucketName=new["Bucket"],
            S3KeyPrefix=PREFIX,
            IsMultiRegionTrail=True,
            IncludeGlobalServiceEvents=True,
            EnableLogFileValidation=True,
            TagsList=_TAGS,
        )
        found.append((made, stage))
    elif new["Management"] != old["Management"]:
        kind = ADVANCED if new["Selectors"].get(ADVANCED) else BASIC
        stage = {**stage, "Management": new["Management"]}
        given = {"TrailName": new["Arn"], kind: new["Selectors"][kind]}
        found.append((ask("PutEventSelectors", **given), stage))
    if new["IsLogging"] != stage["IsLogging"]:
        verb = "StartLogging" if new["IsLogging"] else "StopLogging"
        found.append((ask(verb, Name=new["Arn"]), {**stage, "IsLogging": new["IsLogging"]}))
    return found


def with_account_trail(current: Json, wanted: Json) -> Json:
    """The account's trail recording, or a new one: {"bucket", "partition", "account", "region"}."""
    trail = current["Trail"]
    if trail is None:
        where = f"arn:{wanted['partition']}:cloudtrail:{wanted['region']}:{wanted['account']}"
        made = {
            "Name": OWN,
            "Arn": f"{where}:trail/{OWN}",
            "Home": wanted["region"],
            "Bucket": wanted["bucket"],
            "IsLogging": True,
            "Management": "all",
            "Selectors": {},
        }
        return {"Recorded": True, "Trail": made}
    changed = {**trail, "IsLogging": True}
    if trail["Management"] not in ("all", "write"):
        kept = [one for one in advanced(trail["Selectors"]) if not _about_management(one)]
        changed |= {"Management": "all", "Selectors": {ADVANCED: [dict(_EVERYTHING), *kept]}}
    return {"Recorded": True, "Trail": changed}


def _about_management(selector: Mapping[str, Any]) -> bool:
    return (fields(selector).get("eventCategory") or {}).get("Equals") == [_MANAGEMENT]


RESOURCE_TYPES = (AccountTrails(),)
SETTINGS = (AccountTrail(),)
BUILDERS = {"with_account_trail": with_account_trail}
