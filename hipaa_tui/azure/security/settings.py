"""Which Defender plans of Microsoft Defender for Cloud watch a subscription, and what they may do besides.

There is no PATCH, and a PUT replaces the whole plan, so its extensions are sent along
(Microsoft.Security 2024-01-01). Extensions that a PUT does not name are set by the service, as the plan's
own defaults; they are the service's and not ours, so comparing looks only at those that both sides name.
https://learn.microsoft.com/rest/api/defenderforcloud/pricings/update
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.declared import Declared
from hipaa_tui.azure.resource_types import ArmType, get, members, parts
from hipaa_tui.providers.model import Cloud, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

VERSION: Final = "2024-01-01"
ON: Final = "Standard"
OFF: Final = "Free"
WHOLE_PLANS: Final[Mapping[str, str]] = {
    # What a plan is when several are offered and nobody names one, said so that nobody has to guess.
    "VirtualMachines": "P2",
    "StorageAccounts": "DefenderForStorageV2",
    "KeyVaults": "PerKeyVault",
    "Arm": "PerSubscription",
}
_CHOSEN: Final = ("pricingTier", "subPlan", "enforce")
_ASSIGNED: Final = (
    *("freeTrialRemainingTime", "enablementTime", "inherited", "inheritedFrom"),
    *("resourcesCoverageStatus", "deprecated", "replacedBy"),
)
_SCANNING: Final = "OnUploadMalwareScanning"


class Plans(ArmType):
    """The Defender plans of a subscription, turned on or not. They have neither location nor tags."""

    name = "Microsoft.Security/pricings"
    title = "Defender plan"
    version = VERSION

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = []
        for one in members(cloud, f"/subscriptions/{account}/providers/{self.name}", VERSION):
            target = self.target(str(one.get("id", "")), account, "", partition)
            if target is not None:
                found.append(target)
        return found

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        get(cloud, target.id, VERSION)  # so that one that is gone is seen to be gone
        return {}


class Pricing(Declared):
    """{"pricingTier": "Standard" or "Free", "subPlan"?, "enforce"?, "extensions": [{"name", "isEnabled" …}]}"""

    id = "azure.security.pricing"
    title = "Defender plan"
    resource = Plans.name
    version = VERSION
    members = (*_CHOSEN, "extensions")
    method = "PUT"
    settle_seconds = 120.0
    terraform = ("azurerm_security_center_subscription_pricing",)

    def value(self, found: Mapping[str, Any]) -> Json:
        value = super().value(found)
        return {**value, "extensions": [_writable(one) for one in value.get("extensions") or []]}

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        where = parts(target.id)
        properties = found.get("properties") or {}
        return {
            "id": found.get("id", target.id),
            "name": where.name,
            "subscription": where.subscription,
            **{key: properties[key] for key in _ASSIGNED if properties.get(key) is not None},
        }

    def changes(self, before: Reading, after: Json) -> Json:
        if self.same(before.value, after):
            return {}
        properties = {key: after[key] for key in _CHOSEN if after.get(key) is not None}
        if is_on(after):
            return {**properties, "extensions": after.get("extensions") or []}
        return {key: item for key, item in properties.items() if key != "subPlan"}

    def same(self, one: Json, other: Json) -> bool:
        if one is ABSENT or other is ABSENT:
            return one is other
        if is_on(one) != is_on(other) or not is_on(one):
            return is_on(one) == is_on(other)
        mine, theirs = _extensions(one), _extensions(other)
        return self._plan(one) == self._plan(other) and all(
            mine[name] == theirs[name] for name in mine.keys() & theirs.keys()
        )

    def canonical(self, value: Json) -> Json:
        return {**self._plan(value), "extensions": _extensions(value)}

    def _plan(self, value: Json) -> dict[str, Json]:
        return {
            "pricingTier": ON if is_on(value) else OFF,
            "subPlan": str(value.get("subPlan") or "").lower() if is_on(value) else "",
        }


def is_on(value: Json) -> bool:
    return value is not ABSENT and str(value.get("pricingTier", "")).lower() == ON.lower()


def enabled(value: Json) -> list[str]:
    """The names of the extensions that are turned on."""
    return sorted(str(one["name"]) for one in (value or {}).get("extensions") or [] if _enabled(one))


def _enabled(extension: Mapping[str, Any]) -> bool:
    return str(extension.get("isEnabled", "")).lower() == "true"


def _extensions(value: Json) -> dict[str, Json]:
    return {
        str(one["name"]): [
            _enabled(one),
            (one.get("additionalExtensionProperties") or {}) if _enabled(one) else {},
        ]
        for one in value.get("extensions") or []
    }


def _writable(extension: Mapping[str, Any]) -> dict[str, Json]:
    kept = ("name", "isEnabled", "additionalExtensionProperties")
    return {key: extension[key] for key in kept if extension.get(key) is not None}


def with_defender_plan(current: Json, wanted: Json) -> Json:
    """The plan turned on, with the extensions that it has.

    `plan` is its name, `sub_plan` the sub-plan ("" for the one that it has, else the whole plan). Scanning of
    uploads, which is charged by the GB, is not turned on by the way.
    """
    have = current or {}
    sub = str(wanted.get("sub_plan") or "")
    if not sub:
        sub = str(have.get("subPlan") or "") or WHOLE_PLANS.get(str(wanted.get("plan")), "")
    extensions = [dict(one) for one in have.get("extensions") or []]
    storage = str(wanted.get("plan")) == "StorageAccounts" and sub == WHOLE_PLANS["StorageAccounts"]
    if storage and not any(one["name"] == _SCANNING for one in extensions):
        extensions.append({"name": _SCANNING, "isEnabled": "False"})
    kept = {key: have[key] for key in ("enforce",) if have.get(key) is not None}
    return {"pricingTier": ON, **({"subPlan": sub} if sub else {}), **kept, "extensions": extensions}


RESOURCE_TYPES = (Plans(),)
SETTINGS = (Pricing(),)
BUILDERS = {"with_defender_plan": with_defender_plan}
