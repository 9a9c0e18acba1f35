"""Keeps somebody in charge: never the last Owner, the caller, an emergency account, or a wider scope."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.authorization.settings import OWNER, TYPE, VERSION, RoleAssignments, role_of
from hipaa_tui.azure.resource_ids import is_at_or_above
from hipaa_tui.azure.resource_types import members
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT

SETTING = "azure.authorization.role-assignment"
IDENTITIES_VERSION = "2024-11-30"
_EMERGENCY = re.compile(r"break.?glass|emergency", re.IGNORECASE)
_LOOKED_AT = 1024
"""Characters of a text that are looked at: Azure's own limit for a description."""


def owners_remaining(look: Look) -> Verdict:
    """Blocks the removal of an Owner assignment that nobody should remove from here.

    Assignments that other changes of the same plan take away do not count as remaining.
    """
    removed = [
        draft
        for draft in look.changes
        if draft.setting == SETTING
        and draft.after is ABSENT
        and draft.before
        and role_of(draft.before) == OWNER
    ]
    if not removed:
        return Outcome.PASS, "no Owner is removed"
    draft = removed[0]
    scope = str(look.read(SETTING, draft.target).identity.get("scope") or _scope_of(draft))
    subscription = f"/subscriptions/{draft.target.account}"
    if not is_at_or_above(subscription, scope):
        return (
            Outcome.BLOCK,
            f"it is inherited from {scope or '/'}: it holds for more than this subscription, remove it there",
        )
    principal = str(draft.before.get("principalId", "")).lower()
    if emergency := _emergency(look, draft, principal):
        return Outcome.BLOCK, f"{emergency} that it is for emergencies (break-glass)"
    caller = look.cloud.caller().principal.lower()
    if principal == caller:
        return Outcome.BLOCK, "it is your own: somebody else must take it from you"
    notes = []
    if str(draft.before.get("principalType")) == "Group":
        if _through(look, draft, caller):
            return Outcome.BLOCK, "you have it through this group: somebody else must take it from the group"
        notes.append("it is a group's: all its members lose what they have through it")
    left = _remaining(look, draft, scope)
    people = [one for one in left if str(one.get("principalType")) in {"User", "Group"}]
    if not left:
        return Outcome.BLOCK, f"it is the last Owner of {scope}"
    if not people:
        return (
            Outcome.BLOCK,
            f"only programs would be left as Owners of {scope}: nobody could log in to take them away",
        )
    if not caller:
        notes.append("the token does not say who you are, so it may be your own")
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"{len(left)} other Owner assignments remain"


def _emergency(look: Look, draft: Draft, principal: str) -> str:
    """What says that the assignment is an emergency account's, as half a sentence; "" where nothing does.

    Names of people stand in Entra ID and not in Azure, so whoever knows them names their object ids.
    """
    if _EMERGENCY.search(str(draft.before.get("description") or "")[:_LOOKED_AT]):
        return "its description says"
    named = {one.strip().lower() for one in str(look.arguments.get("break_glass") or "").split(",")}
    if principal and principal in named:
        return "you said"
    if str(draft.before.get("principalType")) != "ServicePrincipal":
        return ""
    path = f"/subscriptions/{draft.target.account}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    for one in members(look.cloud, path, IDENTITIES_VERSION):
        if str((one.get("properties") or {}).get("principalId", "")).lower() != principal:
            continue
        tags = [text for pair in (one.get("tags") or {}).items() for text in pair]
        if any(_EMERGENCY.search(str(text)[:_LOOKED_AT]) for text in (one.get("name"), *tags)):
            return f"the name or a tag of the identity {one.get('name')} says"
    return ""


def _through(look: Look, draft: Draft, caller: str) -> bool:
    """Does the caller hold this very assignment as a member of the group?"""
    if not caller:
        return False
    path = f"/subscriptions/{draft.target.account}/providers/{TYPE}"
    held = members(look.cloud, path, VERSION, f"assignedTo('{caller}')")
    return any(str(one.get("name", "")).lower() == draft.target.name.lower() for one in held)


def _scope_of(draft: Draft) -> str:
    return draft.target.id[: max(draft.target.id.lower().rfind("/providers/microsoft.authorization/"), 0)]


def _remaining(look: Look, draft: Draft, scope: str) -> list[Mapping[str, Any]]:
    """The other principals' Owner assignments that hold at the scope once the plan is done."""
    taken = {one.target.key for one in look.changes if one.after is ABSENT}
    principal = str(draft.before.get("principalId", "")).lower()
    types = RoleAssignments()
    left = []
    path = f"/subscriptions/{draft.target.account}/providers/{TYPE}"
    for one in members(look.cloud, path, VERSION):
        properties = one.get("properties") or {}
        target = types.target(str(one.get("id", "")), draft.target.account, "", draft.target.partition)
        if target is None or role_of(properties) != OWNER or target.key in taken:
            continue
        where = str(properties.get("scope") or "/")
        holds = where == "/" or "/managementgroups/" in where.lower() or is_at_or_above(where, scope)
        if (
            not holds
            or str(properties.get("principalId", "")).lower() == principal
            or properties.get("condition")
        ):
            continue
        if not look.read(SETTING, target).absent:
            left.append(properties)
    return left


GUARDS = {"owners-remaining": owners_remaining}
CAUTIOUS = ("owners-remaining",)
