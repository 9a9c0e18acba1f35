"""Checks that removing an Owner assignment leaves an Owner, and spares the caller, break-glass and inherited ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.authorization.settings import OWNER, TYPE, VERSION, RoleAssignments, role_of
from hipaa_tui.azure.resource_ids import is_at_or_above
from hipaa_tui.azure.resource_types import members
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.support.json_value import ABSENT

SETTING = "azure.authorization.role-assignment"
IDENTITIES_VERSION = "2024-11-30"
_EMERGENCY = re.compile(r"break.?glass|emergency", re.IGNORECASE)
_SEARCHED = 1024
"""Characters of a text that are searched: Azure's limit for a description."""


def owners_remaining(context: GuardContext) -> Verdict:
    """Blocks the removal of an Owner assignment that is inherited, break-glass, the caller's own, or the last one.

    Warns when it belongs to a group or the caller is unknown. Assignments that the same plan removes do not count as
    remaining.
    """
    removed = [
        draft
        for draft in context.changes
        if draft.setting == SETTING
        and draft.after is ABSENT
        and draft.before
        and role_of(draft.before) == OWNER
    ]
    if not removed:
        return Outcome.PASS, "no Owner assignment is removed"
    draft = removed[0]
    scope = str(context.read(SETTING, draft.target).identity.get("scope") or _scope_of(draft))
    subscription = f"/subscriptions/{draft.target.account}"
    if not is_at_or_above(subscription, scope):
        return (
            Outcome.BLOCK,
            f"the assignment is inherited from {scope or '/'} and applies beyond this subscription: remove it there",
        )
    principal = str(draft.before.get("principalId", "")).lower()
    if emergency := _emergency(context, draft, principal):
        return Outcome.BLOCK, f"{emergency} that this is an emergency (break-glass) account"
    caller = context.cloud.caller().principal.lower()
    if principal == caller:
        return Outcome.BLOCK, "it is your own assignment: another Owner has to remove it"
    notes = []
    if str(draft.before.get("principalType")) == "Group":
        if _through_group(context, draft, caller):
            return (
                Outcome.BLOCK,
                "you are an Owner through this group: another Owner has to remove the group's assignment",
            )
        notes.append("the assignment belongs to a group: all its members will lose their access")
    remaining = _remaining(context, draft, scope)
    people = [one for one in remaining if str(one.get("principalType")) in {"User", "Group"}]
    if not remaining:
        return Outcome.BLOCK, f"it is the last Owner assignment of {scope}"
    if not people:
        return (
            Outcome.BLOCK,
            f"only service principals would remain as Owners of {scope}: no person could sign in to manage its access",
        )
    if not caller:
        notes.append("the access token does not identify you, so this may be your own assignment")
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"{len(remaining)} other Owner assignments remain"


def _emergency(context: GuardContext, draft: PlannedChange, principal: str) -> str:
    """The beginning of a sentence that says why this is a break-glass account; "" when nothing suggests it.

    Names of people are in Entra ID and not in Azure, so their object ids have to be answered as `break_glass`.
    """
    if _EMERGENCY.search(str(draft.before.get("description") or "")[:_SEARCHED]):
        return "its description says"
    break_glass = {one.strip().lower() for one in str(context.arguments.get("break_glass") or "").split(",")}
    if principal and principal in break_glass:
        return "your answer says"
    if str(draft.before.get("principalType")) != "ServicePrincipal":
        return ""
    path = f"/subscriptions/{draft.target.account}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    for one in members(context.cloud, path, IDENTITIES_VERSION):
        if str((one.get("properties") or {}).get("principalId", "")).lower() != principal:
            continue
        tags = [text for pair in (one.get("tags") or {}).items() for text in pair]
        if any(_EMERGENCY.search(str(text)[:_SEARCHED]) for text in (one.get("name"), *tags)):
            return f"the name or a tag of the identity {one.get('name')} says"
    return ""


def _through_group(context: GuardContext, draft: PlannedChange, caller: str) -> bool:
    """Whether the caller has this assignment as a member of the group."""
    if not caller:
        return False
    path = f"/subscriptions/{draft.target.account}/providers/{TYPE}"
    assignments = members(context.cloud, path, VERSION, f"assignedTo('{caller}')")
    return any(
        str(assignment.get("name", "")).lower() == draft.target.name.lower() for assignment in assignments
    )


def _scope_of(draft: PlannedChange) -> str:
    return draft.target.id[: max(draft.target.id.lower().rfind("/providers/microsoft.authorization/"), 0)]


def _remaining(context: GuardContext, draft: PlannedChange, scope: str) -> list[Mapping[str, Any]]:
    """Other principals' Owner assignments that apply at the scope after the plan."""
    removed = {one.target.key for one in context.changes if one.after is ABSENT}
    principal = str(draft.before.get("principalId", "")).lower()
    types = RoleAssignments()
    remaining = []
    path = f"/subscriptions/{draft.target.account}/providers/{TYPE}"
    for one in members(context.cloud, path, VERSION):
        properties = one.get("properties") or {}
        target = types.target(str(one.get("id", "")), draft.target.account, "", draft.target.partition)
        if target is None or role_of(properties) != OWNER or target.key in removed:
            continue
        assigned_at = str(properties.get("scope") or "/")
        applies = (
            assigned_at == "/"
            or "/managementgroups/" in assigned_at.lower()
            or is_at_or_above(assigned_at, scope)
        )
        if (
            not applies
            or str(properties.get("principalId", "")).lower() == principal
            or properties.get("condition")
        ):
            continue
        if not context.read(SETTING, target).absent:
            remaining.append(properties)
    return remaining


GUARDS = {"owners-remaining": owners_remaining}
BLOCK_ON_ERROR = ("owners-remaining",)
