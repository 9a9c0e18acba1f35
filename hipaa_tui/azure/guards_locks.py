"""Asks what Azure itself would refuse: resource locks, and a sixth or a second diagnostic setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.insights.settings import MOST, SINKS, others, own
from hipaa_tui.azure.insights.workspaces import Workspaces
from hipaa_tui.azure.resource_ids import is_at_or_above, parse
from hipaa_tui.azure.resource_types import members
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import Json, at, reference_of

LOCKS_VERSION = "2020-05-01"
DIAGNOSTICS = "azure.insights.diagnostic-setting"
WORKSPACE = "azure.operationalinsights.workspace"
_KEYS = "Microsoft.OperationalInsights/workspaces/sharedKeys/action"


def _scope(lock: Mapping[str, Any]) -> str:
    id = str(lock.get("id", ""))
    return id[: max(id.lower().rfind("/providers/microsoft.authorization/locks/"), 0)]


def resource_locks(look: Look) -> Verdict:
    """A ReadOnly lock refuses every change below it; a CanNotDelete lock refuses what takes away.

    Locks are found at every scope: the subscription, the resource group, the resource, and what is in it.
    """
    account = look.target.account
    locks = members(
        look.cloud, f"/subscriptions/{account}/providers/Microsoft.Authorization/locks", LOCKS_VERSION
    )
    undeletable = ""
    for draft in look.changes if locks else ():
        reading = look.read(draft.setting, draft.target)
        forth = _writes(draft, Reading(draft.before, reading.identity), draft.after)
        back = _writes(draft, Reading(draft.after, reading.identity), draft.before)
        for lock in locks:
            scope, level = _scope(lock), str(at(lock, "properties.level")).lower()
            where = f"the lock {lock.get('name')} on {scope}"
            hit = [method for method, path in forth if scope and is_at_or_above(scope, path)]
            if level == "readonly" and hit:
                return (
                    Outcome.BLOCK,
                    f"{where} is ReadOnly and refuses the change: its owner must lift it first",
                )
            if level == "cannotdelete" and "DELETE" in hit:
                return Outcome.BLOCK, f"{where} refuses deletions: its owner must lift it first"
            if level == "cannotdelete" and any(
                method == "DELETE" and scope and is_at_or_above(scope, path) for method, path in back
            ):
                undeletable = where
    if undeletable:
        return Outcome.WARN, f"{undeletable} would refuse the rollback, which deletes what is made now"
    return Outcome.PASS, "no lock stands in the way"


def _writes(draft: Draft, before: Reading, after: Json) -> list[tuple[str, str]]:
    """(method, path) of each call; that of the target where the setting cannot say."""
    try:
        calls = setting(draft.setting).calls(draft.target, before, after)
    except (ValueError, KeyError):
        return []
    return [
        (call.operation, path if isinstance(path := call.arguments["path"], str) else draft.target.id)
        for call in calls
    ]


def diagnostic_settings_room(look: Look) -> Verdict:
    """Azure takes five diagnostic settings a resource, and one category to one sink once."""
    for draft in look.changes:
        mine = own(draft.after) if draft.setting == DIAGNOSTICS else None
        if mine is None:
            continue
        if own(draft.before) is None and len(others(draft.before)) >= MOST:
            return (
                Outcome.BLOCK,
                f"there are {MOST} diagnostic settings already, and Azure takes no more: remove one first",
            )
        for other in others(draft.before):
            shared = sorted(_categories(mine) & _categories(other))
            sink = next((key for key in SINKS if _same_sink(mine.get(key), other.get(key))), None)
            if shared and sink:
                return (
                    Outcome.BLOCK,
                    f"the diagnostic setting {other['name']} sends {', '.join(shared)} to the same place: "
                    "add the missing categories to it, or choose another workspace",
                )
        if refused := _workspace_refuses(look, mine):
            return Outcome.BLOCK, refused
    return Outcome.PASS, "there is room for one more diagnostic setting"


def _workspace_refuses(look: Look, wanted: Mapping[str, Any]) -> str:
    """Why the workspace would not take the logs; "" where it would.

    It may be in any region (https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings).
    """
    id = wanted.get("workspaceId")
    if not isinstance(id, str):
        return ""
    found = parse(id)
    workspace = Workspaces().target(id, found.subscription if found else "", "", look.target.partition)
    if workspace is None:
        return f"{id} is not the id of a Log Analytics workspace"
    if look.read(WORKSPACE, workspace).absent:
        return f"there is no workspace {workspace.name}: make it first, or name another one"
    if look.cloud.denied((_KEYS,), workspace).actions:
        return f"you may not send logs to the workspace {workspace.name}: that takes {_KEYS} there"
    return ""


def _categories(setting: Mapping[str, Any]) -> set[str]:
    return {
        str(one.get("category") or one.get("categoryGroup"))
        for kind in ("logs", "metrics")
        for one in setting.get(kind) or []
        if one.get("enabled")
    }


def _same_sink(one: Any, other: Any) -> bool:
    if not one or not other or reference_of(one) is not None:
        return False
    return str(one).lower() == str(other).lower()


GUARDS = {"resource-locks": resource_locks, "diagnostic-settings-room": diagnostic_settings_room}
