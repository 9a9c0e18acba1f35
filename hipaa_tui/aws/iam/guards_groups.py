"""Looks at groups before users come into them: nobody is locked out, and nobody gains or loses what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.iam.guards_users import is_user
from hipaa_tui.aws.iam.users import document_statements, login_of, refuses_without_mfa
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import principals
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, Json

_GROUPS: Final = "aws.iam.user-groups"
_POLICIES: Final = "aws.iam.user-policies"
_MOST_GROUPS: Final = 10
_MOST_ATTACHED: Final = 10
"""Groups that a user can be in, and managed policies that a group has unless AWS raised it (IAM quotas)."""
_IN_USE: Final = 90
"""Days since the last use up to which an access key counts as one that works for somebody."""


def mfa_locks_nobody_out(look: Look) -> Verdict:
    """Blocks where calls of the user carry no second factor, and warns where it has none yet.

    Access keys send aws:MultiFactorAuthPresent with no request, and BoolIfExists refuses those too (IAM User
    Guide, "AWS global condition context keys"). A password that has to be set anew cannot be, since
    iam:ChangePassword is not among what is let through.
    """
    user = look.target
    # What the plan's earlier fixes switch off counts as off.
    keys = look.read("aws.iam.access-keys", user).value or {"Keys": []}
    active = [key for key in keys["Keys"] if key["Status"] == "Active"]
    used = [key for key in active if key.get("LastUsed") and key["IdleDays"] < _IN_USE]
    if used:
        where = ", ".join(f"…{key['EndsWith']} ({key['IdleDays']} days ago, {key['Where']})" for key in used)
        return (
            Outcome.BLOCK,
            f"its access key {where} is in use, and its calls carry no second factor: what uses it would stop. Give it "
            "a role or a user of its own first",
        )
    if login_of(look.cloud, user).get("PasswordResetRequired"):
        return (
            Outcome.BLOCK,
            "it has to set a new password at the next sign-in, which the policy would refuse: let it sign in once first",
        )
    notes = []
    if active:
        ends = ", ".join(f"…{key['EndsWith']}" for key in active)
        notes.append(
            f"its access key {ends}, of which IAM knows no use in {_IN_USE} days, would work no more without a factor"
        )
    devices = look.read("aws.iam.mfa-devices", user).value or {"Devices": []}
    if not devices["Devices"]:
        notes.append(
            "it has no second factor: until it registers one it can sign in and do nothing else, so tell its owner first"
        )
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "it has a second factor and no access key; it signs in again and goes on"


def mfa_group_as_meant(look: Look) -> Verdict:
    """Blocks where the group or the policy is there already and is not what a member should get."""
    group, arn = _target(look, "AWS::IAM::Group", "group"), str(look.arguments.get("policy") or "")
    held = _then(look, "aws.iam.shared-group", group)
    if held is not ABSENT and (set(held["Attached"]) - {arn} or held["Inline"]):
        more = [*sorted(set(held["Attached"]) - {arn}), *sorted(held["Inline"])]
        return (
            Outcome.BLOCK,
            f"the group {group.name} has other policies too ({', '.join(more)}), which its members would get: take "
            "them out of it",
        )
    shared = _target(look, "AWS::IAM::ManagedPolicy", "policy")
    written = _then(look, "aws.iam.shared-policy", shared)
    if written is ABSENT:
        return Outcome.BLOCK, f"the plan does not make the policy {shared.name}"
    if not any(refuses_without_mfa(one) for one in document_statements(written["Document"])):
        return (
            Outcome.BLOCK,
            f"the policy {shared.name} was changed and does not refuse sessions without a second factor any more: put "
            "it right or delete it",
        )
    if len(_groups_of(look)) > _MOST_GROUPS:
        return Outcome.BLOCK, f"it is in {_MOST_GROUPS} groups already, and IAM allows no more"
    return Outcome.PASS, "members of the group get nothing but the demand for a second factor"


def group_permissions_kept(look: Look) -> Verdict:
    """Blocks where the user would lose something by getting its permissions from the group, or others gain it.

    `group` is the one that is given; without it the plan makes one for this user.
    """
    draft = next((one for one in look.changes if one.setting == _POLICIES), None)
    if draft is None or draft.before is ABSENT:
        return Outcome.PASS, "no policy is taken from the user"
    if len(_groups_of(look)) > _MOST_GROUPS:
        return Outcome.BLOCK, f"it is in {_MOST_GROUPS} groups already, and IAM allows no more"
    given = str(look.arguments.get("group") or "")
    own = str(look.arguments.get("own") or "")
    group = _target(look, "AWS::IAM::Group", "group" if given else "own")
    held = _then(look, "aws.iam.group", group)
    if held is ABSENT:
        if given:
            return Outcome.BLOCK, f"there is no group {given}: make it first, or leave the name empty"
        return Outcome.BLOCK, f"the plan does not make the group {own}"
    missing = _beyond(draft.before, held)
    if missing:
        return (
            Outcome.BLOCK,
            f"the group {group.name} has not all that the user has: {', '.join(missing)} would be lost",
        )
    if len(held["Attached"]) > _MOST_ATTACHED:
        return (
            Outcome.BLOCK,
            f"the group would have {len(held.value['Attached'])} attached policies, and IAM allows {_MOST_ATTACHED}",
        )
    members = look.read("aws.iam.group", group).identity.get("Members") or []
    others = [name for name in members if name != look.target.name]
    if not given and others:
        return (
            Outcome.BLOCK,
            f"the group {group.name} has other members ({', '.join(others[:5])}), who would get this user's "
            "permissions: name another group",
        )
    gained = _beyond(held, draft.before)
    notes = []
    if gained:
        notes.append(f"the user gains what else {group.name} has: {', '.join(gained)}")
    if is_user(look.cloud.caller().principal, look.target):
        notes.append("you are this user: your permissions come from the group from then on")
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"{group.name} has the very policies that the user has today"


def support_role_trust(look: Look) -> Verdict:
    """Blocks a role for support cases that anybody could take on, and says where another account can."""
    role = _target(look, "AWS::IAM::Role", "role")
    held = _then(look, "aws.iam.service-role", role)
    if held is ABSENT:
        return Outcome.BLOCK, f"the plan does not make the role {role.name}"
    named = {
        name
        for one in document_statements(held["AssumeRolePolicyDocument"])
        if one.get("Effect") == "Allow"
        for name in principals(one)
    }
    if "*" in named:
        return Outcome.BLOCK, f"anybody could take on the role {role.name}: name who may"
    foreign = sorted(
        name for name in named if name.startswith("arn:") and f":{look.target.account}:" not in name
    )
    foreign += sorted(name for name in named if name.isdigit() and name != look.target.account)
    if foreign:
        return Outcome.WARN, f"{', '.join(foreign)} of another account can take on the role {role.name}"
    return Outcome.PASS, f"only {', '.join(sorted(named))} can take on the role {role.name}"


def _groups_of(look: Look) -> list[str]:
    """The groups that the user is in once the plan is carried out."""
    planned = [d for d in look.changes if d.setting == _GROUPS and d.after is not ABSENT]
    value = planned[-1].after if planned else look.read(_GROUPS, look.target).value
    return [] if value is ABSENT else list(value["Groups"])


def _then(look: Look, setting: str, target: Target) -> Json:
    """The value once the plan is carried out."""
    for draft in reversed(look.changes):
        if draft.setting == setting and draft.target.key == target.key:
            return draft.after
    return look.read(setting, target).value


def _target(look: Look, kind: str, argument: str) -> Target:
    """A thing that an argument names, under the id that the plan's changes have for it."""
    named = str(look.arguments.get(argument) or "")
    for draft in look.changes:
        if draft.target.type == kind and draft.target.id == named:
            return draft.target
    where = look.target
    found = resource_type(kind).target(named, where.account, where.region, where.partition)
    if found is None:
        raise ValueError(f"{named} is no name of a thing of the type {kind}")
    return found


def _beyond(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Names of the policies that `one` has and `other` has not, or not in the same words."""
    attached = [arn.rpartition("/")[2] for arn in sorted(set(one["Attached"]) - set(other["Attached"]))]
    known = [documents.canonical(text) for text in other["Inline"].values()]
    inline = [name for name, text in one["Inline"].items() if documents.canonical(text) not in known]
    return [*attached, *sorted(inline)]


GUARDS = {
    "mfa-locks-nobody-out": mfa_locks_nobody_out,
    "mfa-group-as-meant": mfa_group_as_meant,
    "group-permissions-kept": group_permissions_kept,
    "support-role-trust": support_role_trust,
}
CAUTIOUS = tuple(GUARDS)
