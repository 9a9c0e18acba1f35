"""Lets a vault change its permission model only where everybody who has access now has it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.authorization.settings import TYPE, VERSION, RoleAssignments, role_of
from hipaa_tui.azure.keyvault.access import may, policy_actions, role_actions
from hipaa_tui.azure.keyvault.settings import VERSION as VAULTS_VERSION
from hipaa_tui.azure.resource_ids import is_at_or_above
from hipaa_tui.azure.resource_types import get, members
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.support.json_value import ABSENT, at, reference_of

SETTING = "azure.keyvault.authorization"
ASSIGNMENT = "azure.authorization.role-assignment"
GRANTS = "Microsoft.Authorization/roleAssignments/write"
_SHOWN = 5
"""Principals and permissions that a reason lists before it says how many more there are."""


class Roles:
    """Who holds which role at a vault or above it once the plan is done. Role definitions are read once each.

    Assignments with a condition are left out: whether one holds cannot be said beforehand.
    """

    def __init__(self, look: Look, id: str, *, below: bool = False) -> None:
        self._look = look
        self._definitions: dict[str, Mapping[str, Any]] = {}
        self.assignments = [one for one in self._found(id, below) if not one.get("condition")]

    def _found(self, id: str, below: bool) -> list[Mapping[str, Any]]:
        drafts = {one.target.key: one for one in self._look.changes if one.setting == ASSIGNMENT}
        types, target = RoleAssignments(), self._look.target
        found: list[Mapping[str, Any]] = []
        for one in members(self._look.cloud, f"{id}/providers/{TYPE}", VERSION):
            properties = one.get("properties") or {}
            where = str(properties.get("scope") or "/")
            holds = _reaches(where, id) or (below and is_at_or_above(id, where))
            mine = types.target(str(one.get("id", "")), target.account, "", target.partition)
            if holds and not (mine is not None and mine.key in drafts):
                found.append(properties)
        for draft in drafts.values():
            scope = draft.target.id[: draft.target.id.lower().rfind(f"/providers/{TYPE}".lower())]
            if draft.after is not ABSENT and (
                is_at_or_above(scope, id) or (below and is_at_or_above(id, scope))
            ):
                found.append(draft.after)
        return found

    def definition(self, assignment: Mapping[str, Any]) -> Mapping[str, Any]:
        """The role of an assignment. One that is gone allows nothing. Raises CloudError."""
        role = role_of(assignment)
        if role not in self._definitions:
            path = f"/subscriptions/{self._look.target.account}/providers/Microsoft.Authorization/roleDefinitions/{role}"
            try:
                self._definitions[role] = get(self._look.cloud, path, VERSION)
            except CloudError as error:
                if error.status != 404:
                    raise
                self._definitions[role] = {}
        return self._definitions[role]

    def actions(self, principal: str) -> frozenset[str]:
        """The data actions on what the vault holds that a principal's own assignments allow."""
        mine = [one for one in self.assignments if _same(one.get("principalId"), principal)]
        return frozenset().union(*(role_actions(self.definition(one)) for one in mine))

    def grantors(self) -> list[Mapping[str, Any]]:
        """The assignments whose holders may assign roles."""
        return [one for one in self.assignments if may(self.definition(one), GRANTS)]


def _reaches(scope: str, id: str) -> bool:
    return scope == "/" or "/managementgroups/" in scope.lower() or is_at_or_above(scope, id)


def _same(one: Any, other: str) -> bool:
    return reference_of(one) is None and str(one or "").lower() == other.lower()


def vault_policies_mapped(look: Look) -> Verdict:
    """Blocks a change of the permission model that takes access away from anybody.

    Access policies stop counting in the same moment (https://learn.microsoft.com/azure/key-vault/general/rbac-guide),
    and a role that a principal has through a group cannot be seen here: such principals are named in
    `through_groups` by whoever checked them.
    """
    drafts = [draft for draft in look.changes if draft.setting == SETTING]
    turned = [draft for draft in drafts if _roles_decide(draft.before) != _roles_decide(draft.after)]
    if not turned:
        return Outcome.PASS, "the vault keeps its permission model"
    target = turned[0].target
    vault = get(look.cloud, target.id, VAULTS_VERSION)
    policies = _policies(at(vault, "properties.accessPolicies") or [])
    if _roles_decide(turned[0].after):
        return _to_roles(look, target, policies)
    return _to_policies(look, target, policies)


def _roles_decide(value: Any) -> bool:
    return at(value, "enableRbacAuthorization") is True


def _policies(entries: list[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Data action → the policy's word for it, by principal."""
    found: dict[str, dict[str, str]] = {}
    for one in entries:
        given = policy_actions(one.get("permissions") or {})
        found.setdefault(str(one.get("objectId", "")).lower(), {}).update(given)
    return {principal: given for principal, given in found.items() if given}


def _to_roles(look: Look, target: Target, policies: dict[str, dict[str, str]]) -> Verdict:
    roles = Roles(look, target.id)
    checked = {one.strip().lower() for one in str(look.arguments.get("through_groups") or "").split(",")}
    lost = {
        principal: sorted({word for action, word in given.items() if action not in roles.actions(principal)})
        for principal, given in policies.items()
    }
    unmapped = {one: words for one, words in lost.items() if words and one not in checked}
    if unmapped:
        return (
            Outcome.BLOCK,
            f"{len(unmapped)} of {len(policies)} principals with an access policy would lose access, since no "
            f"role of theirs at the vault or above covers it: {_listed(unmapped)}; assign the roles first, or "
            "name in through_groups those whose group has one",
        )
    grantors = roles.grantors()
    if not any(str(one.get("principalType")) in {"User", "Group"} for one in grantors):
        return (
            Outcome.BLOCK,
            "no person or group may assign roles at the vault, so nobody could give access back: assign "
            "Owner or User Access Administrator first",
        )
    notes = []
    trusted = sorted(one for one, words in lost.items() if words and one in checked)
    if trusted:
        notes.append(f"{len(trusted)} principals rely on a group's role that cannot be seen from here")
    caller = look.cloud.caller().principal
    if not any(_same(one.get("principalId"), caller) for one in grantors if caller):
        notes.append(
            "Azure lets only those change the model who may assign roles there, and no assignment to you "
            "yourself says so"
        )
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"roles cover what all {len(policies)} principals with access policies may do"


def _to_policies(look: Look, target: Target, policies: dict[str, dict[str, str]]) -> Verdict:
    """The other way round: roles stop counting, and the policies that stand there decide."""
    roles = Roles(look, target.id, below=True)
    holders = {str(one.get("principalId", "")).lower() for one in roles.assignments}
    given = {one: roles.actions(one) for one in sorted(holders)}
    given = {one: actions for one, actions in given.items() if actions}
    without = [one for one in given if one not in policies]
    if without:
        return (
            Outcome.BLOCK,
            f"{len(without)} of {len(given)} principals with a role have no access policy and would lose "
            f"access: {_names(without)}; give them one first",
        )
    less = [one for one, actions in given.items() if actions - set(policies[one])]
    if less:
        return (
            Outcome.WARN,
            f"the access policies of {_names(less)} allow less than their roles do now: compare them first",
        )
    return Outcome.PASS, f"access policies cover what all {len(given)} principals with a role may do"


def _listed(lost: Mapping[str, list[str]]) -> str:
    shown = [
        f"{principal} ({', '.join(words[:_SHOWN])}{' …' if len(words) > _SHOWN else ''})"
        for principal, words in sorted(lost.items())[:_SHOWN]
    ]
    return ", ".join(shown) + (f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else "")


def _names(principals: list[str]) -> str:
    more = f" and {len(principals) - _SHOWN} more" if len(principals) > _SHOWN else ""
    return ", ".join(principals[:_SHOWN]) + more


GUARDS = {"vault-policies-mapped": vault_policies_mapped}
CAUTIOUS = ("vault-policies-mapped",)
