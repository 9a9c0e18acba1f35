"""Asks what Azure itself would refuse: resource locks, and a sixth or a second diagnostic setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.json_value import ABSENT, at, reference_of
from hipaa_tui.plans.guards.model import Draft, Look, Outcome, Verdict
from hipaa_tui.settings.azure.arm import members
from hipaa_tui.settings.azure.ids import is_at_or_above
from hipaa_tui.settings.azure.insights import MOST, SINKS, others, own

LOCKS_VERSION = "2020-05-01"
DIAGNOSTICS = "azure.insights.diagnostic-setting"
RULES = "azure.network.nsg-rules"


def _scope(lock: Mapping[str, Any]) -> str:
    id = str(lock.get("id", ""))
    return id[: max(id.lower().rfind("/providers/microsoft.authorization/locks/"), 0)]


def resource_locks(look: Look) -> Verdict:
    """A ReadOnly lock refuses every change below it; a CanNotDelete lock refuses what takes away."""
    account = look.target.account
    locks = members(
        look.cloud, f"/subscriptions/{account}/providers/Microsoft.Authorization/locks", LOCKS_VERSION
    )
    undeletable = ""
    for lock in locks:
        scope, level = _scope(lock), str(at(lock, "properties.level")).lower()
        hit = [draft for draft in look.changes if scope and is_at_or_above(scope, draft.target.id)]
        if not hit:
            continue
        where = f"the lock {lock.get('name')} on {scope}"
        if level == "readonly":
            return Outcome.BLOCK, f"{where} is ReadOnly and refuses the change: its owner must lift it first"
        if level == "cannotdelete":
            if any(draft.after is ABSENT for draft in hit):
                return Outcome.BLOCK, f"{where} refuses deletions: its owner must lift it first"
            if any(_rollback_deletes(draft) for draft in hit):
                undeletable = where
    if undeletable:
        return Outcome.WARN, f"{undeletable} would refuse the rollback, which deletes what is made now"
    return Outcome.PASS, "no lock stands in the way"


def _rollback_deletes(draft: Draft) -> bool:
    if draft.setting == DIAGNOSTICS:
        return own(draft.before) is None and own(draft.after) is not None
    if draft.setting == RULES:
        return bool(
            {rule["name"] for rule in draft.after["rules"]} - {rule["name"] for rule in draft.before["rules"]}
        )
    return draft.before is ABSENT


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
    return Outcome.PASS, "there is room for one more diagnostic setting"


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
