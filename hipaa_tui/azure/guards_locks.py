"""Checks what Azure itself would refuse: changes under a resource lock, and surplus diagnostic settings."""

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
    """Blocks when a ReadOnly lock refuses the change, or a CanNotDelete lock a deletion in it.

    Warns when a CanNotDelete lock would refuse the rollback.
    Locks are found at every scope: the subscription, the resource group, the resource, and its child resources.
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
            described = f"the lock {lock.get('name')} on {scope}"
            hit = [method for method, path in forth if scope and is_at_or_above(scope, path)]
            if level == "readonly" and hit:
                return (
                    Outcome.BLOCK,
                    f"{described} is ReadOnly and refuses the change: ask its owner to remove it first",
                )
            if level == "cannotdelete" and "DELETE" in hit:
                return (
                    Outcome.BLOCK,
                    f"{described} is CanNotDelete and refuses deletions: ask its owner to remove it first",
                )
            if level == "cannotdelete" and any(
                method == "DELETE" and scope and is_at_or_above(scope, path) for method, path in back
            ):
                undeletable = described
    if undeletable:
        return (
            Outcome.WARN,
            f"{undeletable} would refuse the rollback, which deletes what this change creates",
        )
    return Outcome.PASS, "no resource lock refuses the change"


def _writes(draft: Draft, before: Reading, after: Json) -> list[tuple[str, str]]:
    """(method, path) of each call; the target's id stands in for a path that is not known yet."""
    try:
        calls = setting(draft.setting).calls(draft.target, before, after)
    except (ValueError, KeyError):
        return []
    return [
        (call.operation, path if isinstance(path := call.arguments["path"], str) else draft.target.id)
        for call in calls
    ]


def diagnostic_settings_room(look: Look) -> Verdict:
    """Blocks a sixth diagnostic setting, a category sent twice to one place, and a workspace that refuses the logs."""
    for draft in look.changes:
        planned = own(draft.after) if draft.setting == DIAGNOSTICS else None
        if planned is None:
            continue
        if own(draft.before) is None and len(others(draft.before)) >= MOST:
            return (
                Outcome.BLOCK,
                f"the resource has {MOST} diagnostic settings already, which is Azure's limit: remove one first",
            )
        for other in others(draft.before):
            shared = sorted(_categories(planned) & _categories(other))
            sink = next((key for key in SINKS if _same_sink(planned.get(key), other.get(key))), None)
            if shared and sink:
                return (
                    Outcome.BLOCK,
                    f"the diagnostic setting {other['name']} already sends {', '.join(shared)} to the same "
                    "destination: add the missing categories to it, or choose another workspace",
                )
        if refused := _workspace_refuses(look, planned):
            return Outcome.BLOCK, refused
    return Outcome.PASS, "the resource has room for one more diagnostic setting"


def _workspace_refuses(look: Look, wanted: Mapping[str, Any]) -> str:
    """Why the workspace would not accept the logs; "" when it would.

    The workspace may be in any region (https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings).
    """
    id = wanted.get("workspaceId")
    if not isinstance(id, str):
        return ""
    resource_id = parse(id)
    workspace = Workspaces().target(
        id, resource_id.subscription if resource_id else "", "", look.target.partition
    )
    if workspace is None:
        return f"{id} is not the id of a Log Analytics workspace"
    if look.read(WORKSPACE, workspace).absent:
        return f"the workspace {workspace.name} does not exist: create it first, or name another one"
    if look.cloud.denied((_KEYS,), workspace).actions:
        return f"you may not send logs to the workspace {workspace.name}: ask for {_KEYS} on it first"
    return ""


def _categories(setting: Mapping[str, Any]) -> set[str]:
    return {
        str(entry.get("category") or entry.get("categoryGroup"))
        for kind in ("logs", "metrics")
        for entry in setting.get(kind) or []
        if entry.get("enabled")
    }


def _same_sink(one: Any, other: Any) -> bool:
    if not one or not other or reference_of(one) is not None:
        return False
    return str(one).lower() == str(other).lower()


GUARDS = {"resource-locks": resource_locks, "diagnostic-settings-room": diagnostic_settings_room}
