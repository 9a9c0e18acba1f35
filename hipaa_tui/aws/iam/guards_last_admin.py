"""Looks whether somebody can still administer IAM once policies are narrowed, and whether the caller can go back.

It reads all of the account's policies at once (iam:GetAccountAuthorizationDetails) and lays the changes over them.
Conditions are not weighed: an Allow with one counts for nothing, a Deny with one stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.iam.guards_policies import ATTACHED, INLINE, MANAGED
from hipaa_tui.aws.iam.policy_documents import grants, listed
from hipaa_tui.aws.iam.user_policies import text_of
from hipaa_tui.aws.iam.users import name_of
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import principals
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, Target
from hipaa_tui.support.json_value import ABSENT, Json

BOUNDARY: Final = "aws.iam.permissions-boundary"
_SHARED: Final = "aws.iam.shared-policy"
_RULES: Final = ("iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:PutUserPolicy")
"""Whoever may do these on everything can give back what was taken."""
_SEEN, _TAKEN = "iam|account", "iam|taken"


def administrator_stays(look: Look) -> Verdict:
    """Blocks where the caller could not take the change back, and warns where nobody but the caller administers IAM."""
    account = dict(look.memory.get(_SEEN) or {})
    if not account:
        account = _account(look)
        look.memory[_SEEN] = account
    earlier = [_draft(one) for one in look.memory.get(_TAKEN) or []]
    then = _with(account, [*earlier, *look.changes])
    caller = look.cloud.caller().principal
    me = _me(account, caller)
    if me:
        lost = sorted(
            {action for action, place in _way_back(look) if _lost(account, then, me, action, place)}
        )
        if lost:
            return (
                Outcome.BLOCK,
                f"you are {name_of(me)} and would lose {', '.join(lost)}, so you could not take this back: let another "
                "administrator do it, or give yourself a policy of its own for that first",
            )
    others = [one for one in _administrators(then) if one != me]
    if not others and _administrators(account) and not caller.endswith(":root"):
        if me and me not in _administrators(then):
            return (
                Outcome.BLOCK,
                "nobody would be left who may put policies back, but the root user: make an administrator's role that is "
                "used for nothing else first",
            )
        _remember(look)
        return (
            Outcome.WARN,
            f"afterwards nobody administers IAM in this account but you ({caller.rpartition(':')[2]}) and the root user: "
            "make sure that you stay able to sign in",
        )
    _remember(look)
    left = ", ".join(name_of(one) for one in others[:3])
    return Outcome.PASS, f"you can take it back{f', and {left} can administer IAM too' if left else ''}"


def _remember(look: Look) -> None:
    """What this fix takes is gone for the next fixes of the plan as well."""
    kept = [[one.setting, one.target.as_json(), one.after] for one in look.changes]
    look.memory[_TAKEN] = [*(look.memory.get(_TAKEN) or []), *kept]


def _draft(kept: Json) -> Draft:
    return Draft(str(kept[0]), Target.from_json(kept[1]), ABSENT, kept[2])


def _account(look: Look) -> dict[str, Any]:
    """{"Who": {ARN: {"Inline": texts by name, "Attached": ARNs, "Groups": names, "Boundary"}}, "Groups", "Policies"}."""
    who: dict[str, Any] = {}
    groups: dict[str, Any] = {}
    policies: dict[str, str] = {}
    kinds = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]
    given: dict[str, Json] = {"Filter": kinds}
    while True:
        request = Call("aws", "iam", "GetAccountAuthorizationDetails", given, look.target.region)
        found = look.cloud.call(request)
        for one in found.get("UserDetailList") or []:
            who[str(one["Arn"])] = {**_held(one, "UserPolicyList"), "Groups": listed(one.get("GroupList"))}
        for one in found.get("RoleDetailList") or []:
            if _for_people(one):
                who[str(one["Arn"])] = _held(one, "RolePolicyList")
        for one in found.get("GroupDetailList") or []:
            groups[str(one["GroupName"])] = _held(one, "GroupPolicyList")
        for one in found.get("Policies") or []:
            for version in one.get("PolicyVersionList") or []:
                if version.get("IsDefaultVersion"):
                    policies[str(one["Arn"])] = text_of(version["Document"])
        if not found.get("IsTruncated"):
            return {"Who": who, "Groups": groups, "Policies": policies}
        given = {**given, "Marker": found["Marker"]}


def _held(one: Mapping[str, Any], inline: str) -> dict[str, Any]:
    return {
        "Inline": {
            str(held["PolicyName"]): text_of(held["PolicyDocument"]) for held in one.get(inline) or []
        },
        "Attached": [str(held["PolicyArn"]) for held in one.get("AttachedManagedPolicies") or []],
        "Boundary": str((one.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or ""),
    }


def _for_people(role: Mapping[str, Any]) -> bool:
    """May anybody but a service of AWS take it on?"""
    trust = documents.statements(role.get("AssumeRolePolicyDocument") or {})
    return any(
        one.get("Effect") == "Allow" and (principals(one) or principals(one, "Federated")) for one in trust
    )


def _with(account: Mapping[str, Any], drafts: Iterable[Draft]) -> dict[str, Any]:
    """The account once the changes are made."""
    who = {arn: {**held} for arn, held in account["Who"].items()}
    groups = {name: {**held} for name, held in account["Groups"].items()}
    policies = dict(account["Policies"])
    for draft in drafts:
        if draft.after is ABSENT:
            continue
        own = who.get(draft.target.id)
        if own is None:
            own = groups.get(name_of(draft.target.id)) if draft.target.type == "AWS::IAM::Group" else None
        if draft.setting in (MANAGED, _SHARED):
            policies[draft.target.id] = draft.after["Document"]
        elif draft.setting == INLINE and own is not None:
            own["Inline"] = {**draft.after["Inline"], **draft.after["Moved"]}
        elif draft.setting == BOUNDARY and own is not None:
            own["Boundary"] = draft.after["Boundary"]
        elif draft.setting == ATTACHED:
            _attach(who, groups, draft)
    return {"Who": who, "Groups": groups, "Policies": policies}


def _attach(who: Mapping[str, Any], groups: Mapping[str, Any], draft: Draft) -> None:
    kept = set(draft.after.get("Kept") or [])
    people = [("Users" if ":user/" in arn else "Roles", name_of(arn), held) for arn, held in who.items()]
    for part, name, held in (*people, *(("Groups", name, held) for name, held in groups.items())):
        others = [one for one in held["Attached"] if one != draft.target.id]
        has = name in draft.after[part] or name in kept
        held["Attached"] = [*others, draft.target.id] if has else others


def _administrators(account: Mapping[str, Any]) -> list[str]:
    return [arn for arn in account["Who"] if all(_may(account, arn, action, "*") for action in _RULES)]


def _lost(before: Mapping[str, Any], then: Mapping[str, Any], me: str, action: str, place: str) -> bool:
    return _may(before, me, action, place) and not _may(then, me, action, place)


def _way_back(look: Look) -> Iterable[tuple[str, str]]:
    """The permissions that the changes and their way back need, and on what."""
    for draft in look.changes:
        for action in {*(draft.permissions or ()), *(draft.rollback_permissions or ())}:
            if action.startswith("iam:"):
                yield action, draft.target.id


def _me(account: Mapping[str, Any], caller: str) -> str:
    """The user or role behind the session, "" where the account does not list it."""
    arn = parse(caller)
    if arn is None:
        return ""
    if caller in account["Who"]:
        return caller
    kind, _, rest = arn.resource.partition("/")
    if kind != "assumed-role":
        return ""
    role = rest.partition("/")[0]
    return next((one for one in account["Who"] if ":role/" in one and name_of(one) == role), "")


def _may(account: Mapping[str, Any], arn: str, action: str, place: str) -> bool:
    held = account["Who"].get(arn)
    if held is None:
        return False
    boundary = account["Policies"].get(held["Boundary"]) if held["Boundary"] else None
    if boundary is not None and not _allowed([boundary], action, place):
        return False
    sources = [
        held,
        *(account["Groups"][name] for name in held.get("Groups") or [] if name in account["Groups"]),
    ]
    texts = [text for one in sources for text in one["Inline"].values()]
    texts += [
        account["Policies"][one]
        for source in sources
        for one in source["Attached"]
        if one in account["Policies"]
    ]
    return _allowed(texts, action, place)


def _allowed(texts: Iterable[str], action: str, place: str) -> bool:
    said = [one for text in texts for one in documents.statements(text)]
    fitting = [one for one in said if not one.get("Condition") and grants(one, action) and _about(one, place)]
    if any(one.get("Effect") == "Deny" for one in fitting):
        return False
    return any(one.get("Effect") == "Allow" for one in fitting)


def _about(statement: Mapping[str, Any], place: str) -> bool:
    if "NotResource" in statement:
        return not any(fnmatchcase(place, str(one)) for one in listed(statement["NotResource"]))
    return any(fnmatchcase(place, str(one)) for one in listed(statement.get("Resource")))


GUARDS = {"administrator-stays": administrator_stays}
CAUTIOUS = ("administrator-stays",)
