"""Security Hub in one region: whether it is on, and by which standards it checks."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Remove
from hipaa_tui.aws.resource_types.region_switch import TAGS, RegionSwitch, call, never_switched_on
from hipaa_tui.providers.model import Call, CloudError, Operation, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

_OFF: Final = ("not subscribed", "not enabled")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("securityhub", name) for name in names)


class Hubs(RegionSwitch):
    name = "AWS::SecurityHub::Hub"
    title = "Security Hub"
    service = "securityhub"
    kind = "hub"
    also = ("subscription",)
    said = "Security Hub"


def _is_off(error: CloudError) -> bool:
    """Is Security Hub off? It answers with a refusal both then and where the caller may not ask."""
    return error.code == "InvalidAccessException" and never_switched_on(error, *_OFF)


class Hub(Declared):
    """{"AutoEnableControls": bool, "ControlFindingGenerator": text}; ABSENT where the region is not subscribed."""

    id = "aws.securityhub.hub"
    title = "Security Hub"
    resource = Hubs.name
    reading = Read("securityhub", "DescribeHub", off=_is_off)
    writes = (
        Operation("securityhub", "EnableSecurityHub", also=("iam:CreateServiceLinkedRole",)),
        *_operations("UpdateSecurityHubConfiguration"),
    )
    removing = Remove("securityhub", "DisableSecurityHub")
    terraform = ("aws_securityhub_account",)

    def value(self, found: Any) -> Json:
        return self.canonical(found)

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        return {"Arn": found["HubArn"]}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        generator = after["ControlFindingGenerator"]
        if before.absent:
            # The standards are a setting of their own, and chosen there.
            asked = {"EnableDefaultStandards": False, "ControlFindingGenerator": generator, "Tags": TAGS}
            calls = [call("securityhub", target, "EnableSecurityHub", **asked)]
            if after["AutoEnableControls"]:
                return calls
        else:
            calls = []
        asked = {
            "AutoEnableControls": after["AutoEnableControls"],
            "ControlFindingGenerator": generator,
        }
        return [*calls, call("securityhub", target, "UpdateSecurityHubConfiguration", **asked)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        if before is ABSENT and after is not ABSENT and not after["AutoEnableControls"]:
            return [{**after, "AutoEnableControls": True}]
        return []

    def canonical(self, value: Json) -> Json:
        return {
            "AutoEnableControls": bool(value.get("AutoEnableControls", True)),
            "ControlFindingGenerator": value.get("ControlFindingGenerator") or "SECURITY_CONTROL",
        }


class Standards(Declared):
    """{"Standards": [ARNs], sorted} that the region subscribes to; ABSENT where none is, or where the hub is off."""

    id = "aws.securityhub.standards"
    title = "Security standards"
    resource = Hubs.name
    reading = Read("securityhub", "GetEnabledStandards", "StandardsSubscriptions", off=_is_off, pages=True)
    writes = _operations("BatchEnableStandards", "BatchDisableStandards")
    removes = _operations("BatchDisableStandards")
    # A hub that was switched on a moment ago, and a standard that is still being taken off.
    retry_codes = ("InvalidAccessException",)
    settle_seconds = 120.0
    terraform = ("aws_securityhub_standards_subscription",)

    def value(self, found: Any) -> Json:
        return {"Standards": sorted(subscribed)} if (subscribed := _subscribed(found)) else ABSENT

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        return {"Subscriptions": _subscribed(found)}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have = set() if before.absent else set(before.value["Standards"])
        more = sorted(set(after["Standards"]) - have)
        less = sorted(have - set(after["Standards"]))
        calls = []
        if more:
            asked = [{"StandardsArn": arn} for arn in more]
            calls.append(
                call("securityhub", target, "BatchEnableStandards", StandardsSubscriptionRequests=asked)
            )
        return [*calls, *self._off(target, less)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [] if before.absent else self._off(target, before.value["Standards"])

    def _off(self, target: Target, standards: list[str]) -> list[Call]:
        if not standards:
            return []
        where = f"arn:{target.partition}:securityhub:{target.region}:{target.account}:subscription"
        arns = [
            f"{where}/{arn.partition('standards/')[2] or arn.partition('ruleset/')[2]}" for arn in standards
        ]
        return [call("securityhub", target, "BatchDisableStandards", StandardsSubscriptionArns=arns)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        if ABSENT in (before, after):
            return []
        both = sorted({*before["Standards"], *after["Standards"]})
        return [{"Standards": both}] if both not in (before["Standards"], after["Standards"]) else []

    def canonical(self, value: Json) -> Json:
        return {"Standards": sorted(value["Standards"])}


def _subscribed(subscriptions: Any) -> dict[str, str]:
    """ARN of each standard that is on → ARN of its subscription."""
    return {
        str(one["StandardsArn"]): str(one["StandardsSubscriptionArn"])
        for one in subscriptions
        if one.get("StandardsStatus") != "DELETING"
    }


def with_standard(current: Json, wanted: Json) -> Json:
    """The standards with one more; those that are subscribed to stay."""
    have = [] if current is ABSENT else list(current["Standards"])
    return {"Standards": sorted({*have, str(wanted)})}


RESOURCE_TYPES = (Hubs(),)
SETTINGS = (Hub(), Standards())
BUILDERS = {"with_standard": with_standard}
