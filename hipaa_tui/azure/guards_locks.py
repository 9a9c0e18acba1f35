"""Checks whether an Azure resource lock would refuse a change or its rollback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.resource_ids import is_at_or_above
from hipaa_tui.azure.resource_types import members
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import Json, at

LOCKS_VERSION = "2020-05-01"


def _scope(lock: Mapping[str, Any]) -> str:
    id = str(lock.get("id", ""))
    return id[: max(id.lower().rfind("/providers/microsoft.authorization/locks/"), 0)]


def resource_locks(context: GuardContext) -> Verdict:
    """Blocks when a ReadOnly lock refuses the change, or a CanNotDelete lock a deletion in it.

    Warns when a CanNotDelete lock would refuse the rollback.
    Locks are found at every scope: the subscription, the resource group, the resource, and its child resources.
    """
    account = context.target.account
    locks = members(
        context.cloud, f"/subscriptions/{account}/providers/Microsoft.Authorization/locks", LOCKS_VERSION
    )
    undeletable = ""
    for draft in context.changes if locks else ():
        reading = context.read(draft.setting, draft.target)
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


def _writes(draft: PlannedChange, before: Reading, after: Json) -> list[tuple[str, str]]:
    """(method, path) of each call; the target's id stands in for a path that is not known yet."""
    try:
        calls = setting(draft.setting).calls(draft.target, before, after)
    except (ValueError, KeyError):
        return []
    return [
        (call.operation, path if isinstance(path := call.arguments["path"], str) else draft.target.id)
        for call in calls
    ]


GUARDS = {
    "resource-locks": resource_locks,
}
