"""Where a resource's logs go: its diagnostic settings, of which we only ever touch our own.

A resource has up to five of them, and whoever made one relies on it. So the value shows all of them,
for a predicate to see that the logs go somewhere already; but what is compared, written and removed
is the one that bears our name. There is no PATCH, and a PUT replaces the whole setting
(Microsoft.Insights 2021-05-01-preview, still the current version).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.resource_types import members, operations, parts, request
from hipaa_tui.azure.storage.settings import StorageAccounts
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

VERSION: Final = "2021-05-01-preview"
OWN: Final = "hipaa-tui-audit"
MOST: Final = 5
"""Diagnostic settings that a resource can have."""
SINKS: Final = (
    "workspaceId",
    "storageAccountId",
    "eventHubAuthorizationRuleId",
    "marketplacePartnerId",
    "serviceBusRuleId",
)


def logged_resource(target: Target) -> str:
    """The id of what has the diagnostic settings: of a storage account, its blob service."""
    if target.type == StorageAccounts.name:
        return f"{target.id}/blobServices/default"
    return target.id


def own(value: Json) -> Mapping[str, Any] | None:
    """Our diagnostic setting among those of a value, None where there is none."""
    settings = value["settings"] if value is not ABSENT else []
    return next((one for one in settings if str(one["name"]).lower() == OWN), None)


def others(value: Json) -> list[Mapping[str, Any]]:
    """The diagnostic settings that are somebody else's."""
    settings = value["settings"] if value is not ABSENT else []
    return [one for one in settings if str(one["name"]).lower() != OWN]


class DiagnosticSetting(Setting):
    """{"settings": [{"name", "workspaceId" …, "logs": [{"category" or "categoryGroup", "enabled"}], "metrics"}]}

    sorted by name, ABSENT where the resource has none.
    """

    id = "azure.insights.diagnostic-setting"
    title = "Diagnostic setting"
    resource = StorageAccounts.name
    reads = operations("Microsoft.Insights", "GET")
    writes = operations("Microsoft.Insights", "PUT", "DELETE")
    removes = operations("Microsoft.Insights", "DELETE")
    settle_seconds = 60.0
    terraform = ("azurerm_monitor_diagnostic_setting",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        resource = logged_resource(target)
        path = f"{resource}/providers/Microsoft.Insights/diagnosticSettings"
        found = [
            {"name": str(one["name"]), **(one.get("properties") or {})}
            for one in members(cloud, path, VERSION)
        ]
        value = {"settings": sorted(found, key=lambda one: str(one["name"]))} if found else ABSENT
        identity = {
            "id": f"{path}/{OWN}",
            "name": OWN,
            "targetResourceId": resource,
            "resourceGroup": parts(target.id).group,
        }
        return Reading(value, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        wanted = own(after)
        if wanted is None:
            return self.remove(target, before)
        if own(before.value) is not None and self.same(before.value, after):
            return []
        properties = {key: value for key, value in wanted.items() if key != "name" and value is not None}
        return [request("PUT", self._path(target), VERSION, {"properties": properties})]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [request("DELETE", self._path(target), VERSION)] if own(before.value) is not None else []

    def same(self, one: Json, other: Json) -> bool:
        # ABSENT, and settings of others only, are the same for us: there is none of ours.
        return bool(_plain(own(one)) == _plain(own(other)))

    def canonical(self, value: Json) -> Json:
        return _plain(own(value))

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"id": self._path(target), "name": OWN, "targetResourceId": logged_resource(target)}

    def _path(self, target: Target) -> str:
        return f"{logged_resource(target)}/providers/Microsoft.Insights/diagnosticSettings/{OWN}"


def _plain(setting: Mapping[str, Any] | None) -> Json:
    """What the setting does: its sinks, and what is enabled. The service adds the rest by itself."""
    if setting is None:
        return None
    return {
        **{key: str(setting[key]).lower() for key in SINKS if setting.get(key)},
        "logs": _enabled(setting, "logs"),
        "metrics": _enabled(setting, "metrics"),
    }


def _enabled(setting: Mapping[str, Any], kind: str) -> list[str]:
    return sorted(
        str(one.get("category") or one.get("categoryGroup"))
        for one in setting.get(kind) or []
        if one.get("enabled")
    )


def with_diagnostic_setting(current: Json, wanted: Json) -> Json:
    """The current settings, with our own sending what `wanted` names (workspaceId, logs, metrics).

    What ours already sends it goes on sending. References may stand for the workspace's id.
    """
    mine: dict[str, Any] = {**(own(current) or {}), **wanted, "name": OWN}
    for kind in ("logs", "metrics"):
        if own(current) is not None:
            mine[kind] = _joined((own(current) or {}).get(kind) or [], wanted.get(kind) or [])
    return {"settings": sorted([*others(current), mine], key=lambda one: str(one["name"]))}


def _joined(old: list[Mapping[str, Any]], new: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    named = {one.get("category") or one.get("categoryGroup") for one in new}
    return [*new, *(one for one in old if (one.get("category") or one.get("categoryGroup")) not in named)]


SETTINGS = (DiagnosticSetting(),)
BUILDERS = {"with_diagnostic_setting": with_diagnostic_setting}
