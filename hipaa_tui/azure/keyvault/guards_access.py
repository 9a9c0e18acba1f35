"""Checks that no principal loses access when a key vault changes between access policies and Azure RBAC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.authorization.settings import TYPE, VERSION, RoleAssignments, role_of
from hipaa_tui.azure.keyvault.access import may, policy_actions, role_actions
from hipaa_tui.azure.keyvault.settings import VERSION as VAULTS_VERSION
from hipaa_tui.azure.resource_ids import is_at_or_above
from hipaa_tui.azure.resource_types import get, members
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.support.json_value import ABSENT, at, reference_of

SETTING = "azure.keyvault.authorization"
ASSIGNMENT = "azure.authorization.role-assignment"
GRANTS = "Microsoft.Authorization/roleAssignments/write"
_SHOWN = 5
"""Maximum number of principals and permissions that a reason lists."""


class Roles:
    """The role assignments that apply to a vault after the plan. Each role definition is read once.

    Assignments with a condition are left out: whether the condition will hold is unknown.
    """

    def __init__(self, context: GuardContext, id: str, *, below: bool = False) -> None:
        self._look = context
        self._definitions: dict[str, Mapping[str, Any]] = {}
        self.assignments = [
            assignment for assignment in self._found(id, below) if not assignment.get("condition")
        ]

    def _found(self, id: str, below: bool) -> list[Mapping[str, Any]]:
        drafts = {
            assignment.target.key: assignment
            for assignment in self._look.changes
            if assignment.setting == ASSIGNMENT
        }
        types, target = RoleAssignments(), self._look.target
        found: list[Mapping[str, Any]] = []
        for assignment in members(self._look.cloud, f"{id}/providers/{TYPE}", VERSION):
            properties = assignment.get("properties") or {}
            where = str(properties.get("scope") or "/")
            applies = _applies_to(where, id) or (below and is_at_or_above(id, where))
            planned = types.target(str(assignment.get("id", "")), target.account, "", target.partition)
            if applies and not (planned is not None and planned.key in drafts):
                found.append(properties)
        for draft in drafts.values():
            scope = draft.target.id[: draft.target.id.lower().rfind(f"/providers/{TYPE}".lower())]
            if draft.after is not ABSENT and (
                is_at_or_above(scope, id) or (below and is_at_or_above(id, scope))
            ):
                found.append(draft.after)
        return found

    def definition(self, assignment: Mapping[str, Any]) -> Mapping[str, Any]:
        """The role definition of an assignment; {} when it no longer exists. Raises CloudError."""
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
        """The data actions on the vault's contents that the principal's direct assignments allow."""
        own = [
            assignment for assignment in self.assignments if _same(assignment.get("principalId"), principal)
        ]
        return frozenset().union(*(role_actions(self.definition(assignment)) for assignment in own))

    def grantors(self) -> list[Mapping[str, Any]]:
        """The assignments whose principals may assign roles."""
        return [assignment for assignment in self.assignments if may(self.definition(assignment), GRANTS)]


def _applies_to(scope: str, id: str) -> bool:
    return scope == "/" or "/managementgroups/" in scope.lower() or is_at_or_above(scope, id)


def _same(one: Any, other: str) -> bool:
    return reference_of(one) is None and str(one or "").lower() == other.lower()


def vault_policies_mapped(context: GuardContext) -> Verdict:
    """Blocks a change of the permission model by which a principal would lose access; warns of less access.

    Access policies stop working immediately (https://learn.microsoft.com/azure/key-vault/general/rbac-guide). A role
    that a principal has through a group is not visible here: such principals are listed in `through_groups` once a
    person has checked them, and are then a warning.
    """
    drafts = [draft for draft in context.changes if draft.setting == SETTING]
    switching = [draft for draft in drafts if _uses_rbac(draft.before) != _uses_rbac(draft.after)]
    if not switching:
        return Outcome.PASS, "the vault's permission model does not change"
    target = switching[0].target
    vault = get(context.cloud, target.id, VAULTS_VERSION)
    policies = _policies(at(vault, "properties.accessPolicies") or [])
    if _uses_rbac(switching[0].after):
        return _to_roles(context, target, policies)
    return _to_policies(context, target, policies)


def _uses_rbac(value: Any) -> bool:
    return at(value, "enableRbacAuthorization") is True


def _policies(entries: list[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """{principal: {data action: name of the access policy permission}}."""
    by_principal: dict[str, dict[str, str]] = {}
    for entry in entries:
        permissions = policy_actions(entry.get("permissions") or {})
        by_principal.setdefault(str(entry.get("objectId", "")).lower(), {}).update(permissions)
    return {principal: permissions for principal, permissions in by_principal.items() if permissions}


def _to_roles(context: GuardContext, target: Target, policies: dict[str, dict[str, str]]) -> Verdict:
    roles = Roles(context, target.id)
    through_groups = {
        one.strip().lower() for one in str(context.arguments.get("through_groups") or "").split(",")
    }
    lost = {
        principal: sorted(
            {word for action, word in permissions.items() if action not in roles.actions(principal)}
        )
        for principal, permissions in policies.items()
    }
    unmapped = {one: missing for one, missing in lost.items() if missing and one not in through_groups}
    if unmapped:
        return (
            Outcome.BLOCK,
            f"{len(unmapped)} of {len(policies)} principals with an access policy would lose access, since their "
            f"roles at the vault or above do not cover it: {_listed(unmapped)}; assign the roles first, or list in "
            "through_groups those that have the role by a group",
        )
    grantors = roles.grantors()
    if not any(str(one.get("principalType")) in {"User", "Group"} for one in grantors):
        return (
            Outcome.BLOCK,
            "no user or group may assign roles at the vault, so nobody could restore access: assign "
            "Owner or User Access Administrator first",
        )
    notes = []
    trusted = sorted(one for one, missing in lost.items() if missing and one in through_groups)
    if trusted:
        notes.append(f"{len(trusted)} principals rely on a role of a group, which could not be verified")
    caller = context.cloud.caller().principal
    if not any(_same(one.get("principalId"), caller) for one in grantors if caller):
        notes.append(
            "only principals that may assign roles at the vault can change its permission model, and you have no "
            "direct assignment of such a role"
        )
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"roles cover the access of all {len(policies)} principals with an access policy"


def _to_policies(context: GuardContext, target: Target, policies: dict[str, dict[str, str]]) -> Verdict:
    """The change back to access policies: roles stop working, and the existing policies apply."""
    roles = Roles(context, target.id, below=True)
    holders = {str(one.get("principalId", "")).lower() for one in roles.assignments}
    allowed = {one: roles.actions(one) for one in sorted(holders)}
    allowed = {one: actions for one, actions in allowed.items() if actions}
    without = [one for one in allowed if one not in policies]
    if without:
        return (
            Outcome.BLOCK,
            f"{len(without)} of {len(allowed)} principals with a role have no access policy and would lose "
            f"access: {_names(without)}; add access policies for them first",
        )
    less = [one for one, actions in allowed.items() if actions - set(policies[one])]
    if less:
        return (
            Outcome.WARN,
            f"the access policies of {_names(less)} allow less than their roles do today: compare them first",
        )
    return Outcome.PASS, f"access policies cover the access of all {len(allowed)} principals with a role"


def _listed(lost: Mapping[str, list[str]]) -> str:
    shown = [
        f"{principal} ({', '.join(missing[:_SHOWN])}{' …' if len(missing) > _SHOWN else ''})"
        for principal, missing in sorted(lost.items())[:_SHOWN]
    ]
    return ", ".join(shown) + (f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else "")


def _names(principals: list[str]) -> str:
    more = f" and {len(principals) - _SHOWN} more" if len(principals) > _SHOWN else ""
    return ", ".join(principals[:_SHOWN]) + more


GUARDS = {"vault-policies-mapped": vault_policies_mapped}
BLOCK_ON_ERROR = ("vault-policies-mapped",)
