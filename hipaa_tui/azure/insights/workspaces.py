"""The Log Analytics workspace that audit logs are sent to.

The retention of logs is the workspace's: the retention of a diagnostic setting is without effect since
30 September 2025. Lowering it later deletes logs, so nothing here does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.declared import Declared
from hipaa_tui.azure.resource_types import ArmType, operations, parts, request
from hipaa_tui.providers.model import Call, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json, at

VERSION: Final = "2025-07-01"


class Workspaces(ArmType):
    name = "Microsoft.OperationalInsights/workspaces"
    title = "Log Analytics workspace"
    version = VERSION


class Workspace(Declared):
    """The workspace itself: {"location", "sku" (its name), "retentionInDays" (30 to 730)}."""

    id = "azure.operationalinsights.workspace"
    title = "Log Analytics workspace"
    resource = Workspaces.name
    version = VERSION
    members = ("sku", "retentionInDays")
    absent = ("ResourceNotFound", "NotFound")
    writes = operations("Microsoft.OperationalInsights", "PUT", "PATCH")
    creates_resource = True
    kept_on_rollback = "a workspace that may hold audit logs is never deleted"
    settle_seconds = 120.0
    terraform = ("azurerm_log_analytics_workspace",)

    def value(self, found: Mapping[str, Any]) -> Json:
        return {
            "location": found.get("location", ""),
            "sku": at(found, "properties.sku.name"),
            "retentionInDays": at(found, "properties.retentionInDays"),
        }

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        where = parts(target.id)
        return {
            "id": found.get("id", target.id),
            "name": where.name,
            "resourceGroup": where.group,
            "subscription": where.subscription,
            "location": found.get("location", ""),
            "customerId": at(found, "properties.customerId"),
            "tags": found.get("tags") or {},
        }

    def changes(self, before: Reading, after: Json) -> Json:
        old, new = self.canonical(before.value), self.canonical(after)
        if old["location"] != new["location"]:
            raise ValueError(f"{before.identity['name']} is in {old['location']}: a workspace cannot move")
        properties: dict[str, Json] = {}
        if old["sku"] != new["sku"]:
            properties["sku"] = {"name": after["sku"]}
        if old["retentionInDays"] != new["retentionInDays"]:
            properties["retentionInDays"] = after["retentionInDays"]
        return properties

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.value is not ABSENT:
            return super().write(target, before, after)
        body = {
            "location": after["location"],
            "properties": {"sku": {"name": after["sku"]}, "retentionInDays": after["retentionInDays"]},
        }
        return [request("PUT", target.id, VERSION, body)]

    def canonical(self, value: Json) -> Json:
        return {
            **value,
            # "East US" and "eastus" are one place; the service answers "pergb2018" to "PerGB2018".
            "location": str(value.get("location", "")).replace(" ", "").lower(),
            "sku": str(value.get("sku", "")).lower(),
        }

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"id": target.id, "name": target.name}


def with_workspace(current: Json, wanted: Json) -> Json:
    """The workspace as given where there is none; one that is there keeps its place, SKU and longer retention."""
    if current is ABSENT:
        return wanted
    days = max(int(current.get("retentionInDays") or 0), int(wanted["retentionInDays"]))
    return {**current, "retentionInDays": days}


RESOURCE_TYPES = (Workspaces(),)
SETTINGS = (Workspace(),)
BUILDERS = {"with_workspace": with_workspace}
