"""Checks a user's new groups: the MFA policy locks no one out, and no one gains or loses permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.iam.guards_users import is_user
from hipaa_tui.aws.iam.users import document_statements, login_of, refuses_without_mfa
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import principals
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, Json

_GROUPS: Final = "aws.iam.user-groups"
_POLICIES: Final = "aws.iam.user-policies"
_MAX_GROUPS: Final = 10
_MAX_ATTACHED: Final = 10
"""Default IAM quotas: groups per user, and managed policies per group."""
_IN_USE: Final = 90
"""Days since its last use within which an access key counts as in use."""


def mfa_locks_nobody_out(context: GuardContext) -> Verdict:
    """Blocks where access keys are in use without MFA or a password change is due; warns of a missing MFA device.

    Requests signed with access keys never carry aws:MultiFactorAuthPresent, and BoolIfExists denies those too (IAM
    User Guide, "AWS global condition context keys"). A password change that is due would be denied as well, since
    iam:ChangePassword is not among the actions that the policy leaves.
    """
    user = context.target
    # Keys that earlier fixes of the plan deactivate count as inactive.
    keys = context.read("aws.iam.access-keys", user).value or {"Keys": []}
    active = [key for key in keys["Keys"] if key["Status"] == "Active"]
    used = [key for key in active if key.get("LastUsed") and key["IdleDays"] < _IN_USE]
    if used:
        where = ", ".join(f"…{key['EndsWith']} ({key['IdleDays']} days ago, {key['Where']})" for key in used)
        return (
            Outcome.BLOCK,
            f"its access key {where} is in use, and requests signed with it carry no MFA: what uses it would stop "
            "working. Give that a role or a user of its own first",
        )
    if login_of(context.cloud, user).get("PasswordResetRequired"):
        return (
            Outcome.BLOCK,
            "the user has to set a new password at the next sign-in, which the policy would deny: have the user "
            "do that first",
        )
    notes = []
    if active:
        ends = ", ".join(f"…{key['EndsWith']}" for key in active)
        notes.append(
            f"its access key {ends}, with no use in {_IN_USE} days that IAM knows of, would no longer work without "
            "MFA"
        )
    devices = context.read("aws.iam.mfa-devices", user).value or {"Devices": []}
    if not devices["Devices"]:
        notes.append(
            "the user has no MFA device and can do nothing but sign in until one is registered: tell the user first"
        )
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "the user has an MFA device and no active access key, and only has to sign in again"


def mfa_group_as_meant(context: GuardContext) -> Verdict:
    """Blocks where the group or its policy exists already and does not grant exactly the MFA demand."""
    group, arn = _target(context, "AWS::IAM::Group", "group"), str(context.arguments.get("policy") or "")
    policies = _planned_value(context, "aws.iam.shared-group", group)
    if policies is not ABSENT and (set(policies["Attached"]) - {arn} or policies["Inline"]):
        others = [*sorted(set(policies["Attached"]) - {arn}), *sorted(policies["Inline"])]
        return (
            Outcome.BLOCK,
            f"the group {group.name} has other policies too ({', '.join(others)}), which its members would get: "
            "remove them from the group first",
        )
    shared = _target(context, "AWS::IAM::ManagedPolicy", "policy")
    written = _planned_value(context, "aws.iam.shared-policy", shared)
    if written is ABSENT:
        return Outcome.BLOCK, f"the plan does not create the policy {shared.name}"
    if not any(refuses_without_mfa(statement) for statement in document_statements(written["Document"])):
        return (
            Outcome.BLOCK,
            f"the policy {shared.name} was changed and no longer denies sessions without MFA: restore it or delete "
            "it",
        )
    if len(_groups_of(context)) > _MAX_GROUPS:
        return Outcome.BLOCK, f"the user is already in {_MAX_GROUPS} groups, and IAM allows no more"
    return Outcome.PASS, "members of the group get nothing but the MFA demand"


def group_permissions_kept(context: GuardContext) -> Verdict:
    """Blocks where the user would lose permissions by getting them from the group, or others would gain some.

    Warns of permissions that the user gains. `group` is an existing group; without it the plan creates one for this
    user.
    """
    draft = next((change for change in context.changes if change.setting == _POLICIES), None)
    if draft is None or draft.before is ABSENT:
        return Outcome.PASS, "no policy is removed from the user"
    if len(_groups_of(context)) > _MAX_GROUPS:
        return Outcome.BLOCK, f"the user is already in {_MAX_GROUPS} groups, and IAM allows no more"
    given = str(context.arguments.get("group") or "")
    own = str(context.arguments.get("own") or "")
    group = _target(context, "AWS::IAM::Group", "group" if given else "own")
    policies = _planned_value(context, "aws.iam.group", group)
    if policies is ABSENT:
        if given:
            return (
                Outcome.BLOCK,
                f"the group {given} does not exist: create it first, or leave the name empty",
            )
        return Outcome.BLOCK, f"the plan does not create the group {own}"
    missing = _lacking(draft.before, policies)
    if missing:
        return (
            Outcome.BLOCK,
            f"the group {group.name} lacks policies of the user, who would lose {', '.join(missing)}: attach them "
            "to the group first",
        )
    if len(policies["Attached"]) > _MAX_ATTACHED:
        return (
            Outcome.BLOCK,
            f"the group would have {len(policies['Attached'])} attached policies, and IAM allows {_MAX_ATTACHED}",
        )
    members = context.read("aws.iam.group", group).identity.get("Members") or []
    others = [name for name in members if name != context.target.name]
    if not given and others:
        return (
            Outcome.BLOCK,
            f"the group {group.name} has other members ({', '.join(others[:5])}), who would get this user's "
            "permissions: name another group",
        )
    gained = _lacking(policies, draft.before)
    notes = []
    if gained:
        notes.append(f"the user gains the other policies of {group.name}: {', '.join(gained)}")
    if is_user(context.cloud.caller().principal, context.target):
        notes.append("you are this user: your permissions come from the group after this change")
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"{group.name} has exactly the policies that the user has today"


def support_role_trust(context: GuardContext) -> Verdict:
    """Blocks a support role that any principal could assume; warns where another account could."""
    role = _target(context, "AWS::IAM::Role", "role")
    planned = _planned_value(context, "aws.iam.service-role", role)
    if planned is ABSENT:
        return Outcome.BLOCK, f"the plan does not create the role {role.name}"
    named = {
        name
        for statement in document_statements(planned["AssumeRolePolicyDocument"])
        if statement.get("Effect") == "Allow"
        for name in principals(statement)
    }
    if "*" in named:
        return (
            Outcome.BLOCK,
            f"any AWS principal could assume the role {role.name}: name the principals that may",
        )
    foreign = sorted(
        name for name in named if name.startswith("arn:") and f":{context.target.account}:" not in name
    )
    foreign += sorted(name for name in named if name.isdigit() and name != context.target.account)
    if foreign:
        return Outcome.WARN, f"{', '.join(foreign)} of another account can assume the role {role.name}"
    return Outcome.PASS, f"only {', '.join(sorted(named))} can assume the role {role.name}"


def _groups_of(context: GuardContext) -> list[str]:
    """Returns the groups that the user is in once the plan is applied."""
    planned = [d for d in context.changes if d.setting == _GROUPS and d.after is not ABSENT]
    value = planned[-1].after if planned else context.read(_GROUPS, context.target).value
    return [] if value is ABSENT else list(value["Groups"])


def _planned_value(context: GuardContext, setting: str, target: Target) -> Json:
    """Returns the setting's value once the plan is applied."""
    for draft in reversed(context.changes):
        if draft.setting == setting and draft.target.key == target.key:
            return draft.after
    return context.read(setting, target).value


def _target(context: GuardContext, kind: str, argument: str) -> Target:
    """Returns the resource that an argument names: the planned one of that id, where there is one."""
    named = str(context.arguments.get(argument) or "")
    for draft in context.changes:
        if draft.target.type == kind and draft.target.id == named:
            return draft.target
    user = context.target
    target = resource_type(kind).target(named, user.account, user.region, user.partition)
    if target is None:
        raise ValueError(f"{named} is not a valid name of a resource of type {kind}")
    return target


def _lacking(policies: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Returns the names of `policies` that `other` lacks, or has with another document."""
    attached = [arn.rpartition("/")[2] for arn in sorted(set(policies["Attached"]) - set(other["Attached"]))]
    known = [documents.canonical(text) for text in other["Inline"].values()]
    inline = [name for name, text in policies["Inline"].items() if documents.canonical(text) not in known]
    return [*attached, *sorted(inline)]


GUARDS = {
    "mfa-locks-nobody-out": mfa_locks_nobody_out,
    "mfa-group-as-meant": mfa_group_as_meant,
    "group-permissions-kept": group_permissions_kept,
    "support-role-trust": support_role_trust,
}
BLOCK_ON_ERROR = tuple(GUARDS)
