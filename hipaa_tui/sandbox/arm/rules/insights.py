"""Microsoft.Insights: what a diagnostic setting needs, how many there may be, and what may not overlap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.sandbox.arm.address import parse_plain
from hipaa_tui.sandbox.arm.change import Change
from hipaa_tui.sandbox.arm.errors import ArmError, bad_content, bad_reference, bad_value
from hipaa_tui.sandbox.arm.paths import dig, same_text
from hipaa_tui.support.json_value import Json

_MOST: Final = 5
_SINKS: Final = {
    "workspaceId": "microsoft.operationalinsights/workspaces",
    "storageAccountId": "microsoft.storage/storageaccounts",
    "eventHubAuthorizationRuleId": "",
    "serviceBusRuleId": "",
    "marketplacePartnerId": "",
}
"""Property of each sink, and the type that it must name where the estate would have it."""
_SERVICE_LOGS: Final = (("StorageRead", "StorageWrite", "StorageDelete"), ("Transaction", "Capacity"))
_CATEGORIES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    # Logs and metrics that there are, for the types whose list is known here. Others are taken on trust.
    "microsoft.storage/storageaccounts": ((), ("Transaction", "Capacity")),
    **{
        f"microsoft.storage/storageaccounts/{one}services": _SERVICE_LOGS
        for one in ("blob", "file", "queue", "table")
    },
    "microsoft.keyvault/vaults": (("AuditEvent", "AzurePolicyEvaluationDetails"), ("AllMetrics",)),
    "microsoft.network/networksecuritygroups": (
        ("NetworkSecurityGroupEvent", "NetworkSecurityGroupRuleCounter"),
        (),
    ),
    "": (
        (
            "Administrative",
            "Security",
            "ServiceHealth",
            "Alert",
            "Recommendation",
            "Policy",
            "Autoscale",
            "ResourceHealth",
        ),
        (),
    ),
}


def _check_setting(change: Change) -> None:
    properties = change.properties
    sinks = [name for name in _SINKS if properties.get(name)]
    if not sinks:
        raise bad_content("a diagnostic setting needs at least one sink.", "properties")
    for name in sinks:
        _check_sink(change, name)
    entries = [
        (kind, index, one)
        for kind in ("logs", "metrics")
        for index, one in enumerate(properties.get(kind) or ())
    ]
    if not entries:
        raise bad_content("at least one log or metric is needed.", "properties.logs")
    for kind, index, one in entries:
        _check_entry(change, f"properties.{kind}[{index}]", kind, one)
    logs = properties.get("logs") or ()
    if any(one.get("category") for one in logs) and any(one.get("categoryGroup") for one in logs):
        raise bad_content("categories and category groups cannot be mixed in one setting.", "properties.logs")
    _check_others(change, sinks)


def _check_sink(change: Change, name: str) -> None:
    id, wanted, at = str(change.properties[name]), _SINKS[name], f"properties.{name}"
    try:
        address = parse_plain(id)
    except ArmError:
        address = None
    if address is None or not id.startswith("/") or not address.subscription:
        raise ArmError(
            400,
            "LinkedInvalidPropertyId",
            f"Property id '{id[:200]}' at path '{at}' is invalid. Expect fully qualified resource Id that start with "
            "'/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.",
            target=at,
        )
    if wanted and (address.type.lower() != wanted or change.estate.get(id) is None):
        raise bad_reference(id, at)


def _check_entry(change: Change, at: str, kind: str, entry: Mapping[str, Any]) -> None:
    category, group = entry.get("category"), entry.get("categoryGroup")
    if bool(category) == bool(group):
        raise bad_content(f"either a category or a categoryGroup is needed at '{at}'.", at)
    if dig(entry, "retentionPolicy.enabled"):
        raise bad_value(
            "Diagnostic settings no longer keep a retention: set it on the workspace, or with a lifecycle rule.",
            f"{at}.retentionPolicy",
        )
    holder = change.id[: change.id.lower().rindex("/providers/microsoft.insights/diagnosticsettings/")]
    extended = parse_plain(holder)
    known = _CATEGORIES.get(extended.type.lower())
    if known is None:
        return
    allowed = known[0] if kind == "logs" else known[1]
    fits = str(group).lower() in {"audit", "alllogs"} and allowed if group else category in allowed
    if not fits:
        raise bad_value(f"Category '{category or group}' is not supported.", at)


def _check_others(change: Change, sinks: list[str]) -> None:
    """At most five, and no category twice to one sink."""
    others = [
        one for one in change.estate.under(change.id.rpartition("/")[0]) if one.key != change.id.lower()
    ]
    if change.old is None and len(others) >= _MOST:
        raise ArmError(
            409, "Conflict", f"A resource has at most {_MOST} diagnostic settings, and this one has them."
        )
    mine = _enabled(change.properties)
    for other in others:
        theirs = other.body["properties"]
        shared = mine & _enabled(theirs)
        sink = next((name for name in sinks if same_text(theirs.get(name), change.properties[name])), "")
        if shared and sink:
            raise ArmError(
                409,
                "Conflict",
                f"Data sink '{change.properties[sink]}' is already used in diagnostic setting '{other.body['name']}' "
                f"for category '{min(shared)}'. Data sinks can't be reused in different settings on the same category "
                "for the same resource.",
            )


def _enabled(properties: Mapping[str, Any]) -> set[str]:
    return {
        str(one.get("category") or one.get("categoryGroup"))
        for kind in ("logs", "metrics")
        for one in properties.get(kind) or ()
        if one.get("enabled")
    }


def _fill_setting(change: Change) -> None:
    for kind in ("logs", "metrics"):
        for entry in change.properties.setdefault(kind, []):
            # The service still writes down the retention that it no longer keeps.
            entry.setdefault("retentionPolicy", {"enabled": False, "days": 0})


def _check_alert(change: Change) -> None:
    if not same_text(change.new.get("location"), "global"):
        raise bad_value("The location of an activity log alert is 'Global'.", "location")
    groups: Json = dig(change.new, "properties.actions.actionGroups") or ()
    for index, group in enumerate(groups):
        if change.estate.get(str(group["actionGroupId"])) is None:
            raise bad_reference(
                str(group["actionGroupId"]), f"properties.actions.actionGroups[{index}].actionGroupId"
            )


CHECK: Final = {
    "microsoft.insights/diagnosticsettings": _check_setting,
    "microsoft.insights/activitylogalerts": _check_alert,
}
FILL: Final = {"microsoft.insights/diagnosticsettings": _fill_setting}
