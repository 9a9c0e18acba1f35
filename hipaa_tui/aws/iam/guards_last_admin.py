"""Checks that someone can still administer IAM after policies are narrowed, and that the caller can roll back.

It reads all policies of the account at once (iam:GetAccountAuthorizationDetails) and applies the planned changes
to them. Conditions are not evaluated: an Allow with one grants nothing, a Deny with one denies nothing.
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
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import Call, Target
from hipaa_tui.support.json_value import ABSENT, Json

BOUNDARY: Final = "aws.iam.permissions-boundary"
_SHARED: Final = "aws.iam.shared-policy"
_RULES: Final = ("iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:PutUserPolicy")
"""Actions that, allowed on all resources, let a principal grant again what was removed."""
_SEEN, _TAKEN = "iam|account", "iam|taken"


def administrator_stays(context: GuardContext) -> Verdict:
    """Blocks where the caller could not roll the change back, or no administrator but root would be left.

    Warns where nobody but the caller and root could administer IAM.
    """
    account = dict(context.memory.get(_SEEN) or {})
    if not account:
        account = _account(context)
        context.memory[_SEEN] = account
    earlier = [_draft(change) for change in context.memory.get(_TAKEN) or []]
    planned = _applied(account, [*earlier, *context.changes])
    caller = context.cloud.caller().principal
    me = _caller_arn(account, caller)
    if me:
        lost = sorted(
            {
                action
                for action, place in _rollback_actions(context)
                if _lost(account, planned, me, action, place)
            }
        )
        if lost:
            return (
                Outcome.BLOCK,
                f"you are {name_of(me)} and would lose {', '.join(lost)}, so you could not roll this back: have "
                "another administrator make this change, or first give yourself a separate policy for those "
                "actions",
            )
    others = [arn for arn in _administrators(planned) if arn != me]
    if not others and _administrators(account) and not caller.endswith(":root"):
        if me and me not in _administrators(planned):
            return (
                Outcome.BLOCK,
                "no one but the root user could change IAM policies afterwards: create an administrator role that "
                "is used for nothing else first",
            )
        _remember(context)
        return (
            Outcome.WARN,
            f"afterwards only you ({caller.rpartition(':')[2]}) and the root user could administer IAM in this "
            "account: make sure that you can still sign in",
        )
    _remember(context)
    left = ", ".join(name_of(arn) for arn in others[:3])
    return Outcome.PASS, f"you can roll it back{f', and {left} can administer IAM too' if left else ''}"


def _remember(context: GuardContext) -> None:
    """Keeps this fix's changes, so that the next fixes of the plan are checked on top of them."""
    records = [[change.setting, change.target.as_json(), change.after] for change in context.changes]
    context.memory[_TAKEN] = [*(context.memory.get(_TAKEN) or []), *records]


def _draft(record: Json) -> PlannedChange:
    return PlannedChange(str(record[0]), Target.from_json(record[1]), ABSENT, record[2])


def _account(context: GuardContext) -> dict[str, Any]:
    """Reads the account's policies.

    {"Who": {ARN: {"Inline": texts by name, "Attached": ARNs, "Groups": names, "Boundary"}}, "Groups": the same
    by name, "Policies": text of the default version by ARN}.
    """
    holders: dict[str, Any] = {}
    groups: dict[str, Any] = {}
    policies: dict[str, str] = {}
    kinds = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]
    query: dict[str, Json] = {"Filter": kinds}
    while True:
        request = Call("aws", "iam", "GetAccountAuthorizationDetails", query, context.target.region)
        page = context.cloud.call(request)
        for user in page.get("UserDetailList") or []:
            holders[str(user["Arn"])] = {
                **_policies_of(user, "UserPolicyList"),
                "Groups": listed(user.get("GroupList")),
            }
        for role in page.get("RoleDetailList") or []:
            if _assumable(role):
                holders[str(role["Arn"])] = _policies_of(role, "RolePolicyList")
        for group in page.get("GroupDetailList") or []:
            groups[str(group["GroupName"])] = _policies_of(group, "GroupPolicyList")
        for policy in page.get("Policies") or []:
            for version in policy.get("PolicyVersionList") or []:
                if version.get("IsDefaultVersion"):
                    policies[str(policy["Arn"])] = text_of(version["Document"])
        if not page.get("IsTruncated"):
            return {"Who": holders, "Groups": groups, "Policies": policies}
        query = {**query, "Marker": page["Marker"]}


def _policies_of(details: Mapping[str, Any], inline: str) -> dict[str, Any]:
    return {
        "Inline": {
            str(policy["PolicyName"]): text_of(policy["PolicyDocument"])
            for policy in details.get(inline) or []
        },
        "Attached": [str(policy["PolicyArn"]) for policy in details.get("AttachedManagedPolicies") or []],
        "Boundary": str((details.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or ""),
    }


def _assumable(role: Mapping[str, Any]) -> bool:
    """May any principal but an AWS service assume the role?"""
    trust = documents.statements(role.get("AssumeRolePolicyDocument") or {})
    return any(
        statement.get("Effect") == "Allow" and (principals(statement) or principals(statement, "Federated"))
        for statement in trust
    )


def _applied(account: Mapping[str, Any], drafts: Iterable[PlannedChange]) -> dict[str, Any]:
    """Returns the account with the changes applied."""
    holders = {arn: {**entry} for arn, entry in account["Who"].items()}
    groups = {name: {**entry} for name, entry in account["Groups"].items()}
    policies = dict(account["Policies"])
    for draft in drafts:
        if draft.after is ABSENT:
            continue
        own = holders.get(draft.target.id)
        if own is None:
            own = groups.get(name_of(draft.target.id)) if draft.target.type == "AWS::IAM::Group" else None
        if draft.setting in (MANAGED, _SHARED):
            policies[draft.target.id] = draft.after["Document"]
        elif draft.setting == INLINE and own is not None:
            own["Inline"] = {**draft.after["Inline"], **draft.after["Moved"]}
        elif draft.setting == BOUNDARY and own is not None:
            own["Boundary"] = draft.after["Boundary"]
        elif draft.setting == ATTACHED:
            _attach(holders, groups, draft)
    return {"Who": holders, "Groups": groups, "Policies": policies}


def _attach(holders: Mapping[str, Any], groups: Mapping[str, Any], draft: PlannedChange) -> None:
    kept = set(draft.after.get("Kept") or [])
    people = [
        ("Users" if ":user/" in arn else "Roles", name_of(arn), entry) for arn, entry in holders.items()
    ]
    for part, name, entry in (*people, *(("Groups", name, entry) for name, entry in groups.items())):
        others = [arn for arn in entry["Attached"] if arn != draft.target.id]
        has = name in draft.after[part] or name in kept
        entry["Attached"] = [*others, draft.target.id] if has else others


def _administrators(account: Mapping[str, Any]) -> list[str]:
    return [arn for arn in account["Who"] if all(_may(account, arn, action, "*") for action in _RULES)]


def _lost(before: Mapping[str, Any], after: Mapping[str, Any], me: str, action: str, place: str) -> bool:
    return _may(before, me, action, place) and not _may(after, me, action, place)


def _rollback_actions(context: GuardContext) -> Iterable[tuple[str, str]]:
    """Yields each IAM action that the changes and their rollback need, with the resource."""
    for draft in context.changes:
        for action in {*(draft.permissions or ()), *(draft.rollback_permissions or ())}:
            if action.startswith("iam:"):
                yield action, draft.target.id


def _caller_arn(account: Mapping[str, Any], caller: str) -> str:
    """Returns the ARN of the user or role behind the session, "" where the account does not list it."""
    arn = parse(caller)
    if arn is None:
        return ""
    if caller in account["Who"]:
        return caller
    kind, _, rest = arn.resource.partition("/")
    if kind != "assumed-role":
        return ""
    role = rest.partition("/")[0]
    return next(
        (principal for principal in account["Who"] if ":role/" in principal and name_of(principal) == role),
        "",
    )


def _may(account: Mapping[str, Any], arn: str, action: str, place: str) -> bool:
    entry = account["Who"].get(arn)
    if entry is None:
        return False
    boundary = account["Policies"].get(entry["Boundary"]) if entry["Boundary"] else None
    if boundary is not None and not _allowed([boundary], action, place):
        return False
    sources = [
        entry,
        *(account["Groups"][name] for name in entry.get("Groups") or [] if name in account["Groups"]),
    ]
    texts = [text for source in sources for text in source["Inline"].values()]
    texts += [
        account["Policies"][policy]
        for source in sources
        for policy in source["Attached"]
        if policy in account["Policies"]
    ]
    return _allowed(texts, action, place)


def _allowed(texts: Iterable[str], action: str, place: str) -> bool:
    statements = [statement for text in texts for statement in documents.statements(text)]
    fitting = [
        statement
        for statement in statements
        if not statement.get("Condition") and grants(statement, action) and _about(statement, place)
    ]
    if any(statement.get("Effect") == "Deny" for statement in fitting):
        return False
    return any(statement.get("Effect") == "Allow" for statement in fitting)


def _about(statement: Mapping[str, Any], place: str) -> bool:
    if "NotResource" in statement:
        return not any(fnmatchcase(place, str(resource)) for resource in listed(statement["NotResource"]))
    return any(fnmatchcase(place, str(resource)) for resource in listed(statement.get("Resource")))


GUARDS = {"administrator-stays": administrator_stays}
BLOCK_ON_ERROR = ("administrator-stays",)
