"""Checks who uses an IAM policy before it is narrowed or detached."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hipaa_tui.aws.iam.users import days_since, name_of
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import principals
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT, Json

MANAGED: Final = "aws.iam.managed-policy"
INLINE: Final = "aws.iam.inline-policies"
ATTACHED: Final = "aws.iam.policy-attachments"
_EMERGENCY: Final = re.compile(r"break.?glass|emergency", re.IGNORECASE)
_MAX_MATCHED: Final = 1024
_RECENTLY: Final = 90
"""Days within which a role counts as recently used, and so likely to be used again."""
_MAX_MEMBERS: Final = 100
"""Maximum number of a group's members whose tags are read: break-glass users are not kept in larger groups."""
_PIPELINES: Final = re.compile(
    r"githubusercontent\.com|gitlab|bitbucket|circleci|terraform\.io|buildkite|azure\.com|spacelift|env0",
    re.IGNORECASE,
)


def read_iam(context: GuardContext, operation: str, **arguments: Json) -> dict[str, Any]:
    """Makes one read-only IAM call and returns its response."""
    return context.cloud.call(Call("aws", "iam", operation, arguments, context.target.region))


def holders(context: GuardContext) -> list[tuple[str, str]]:
    """Returns (kind, name) of each principal that loses permissions; the kind is User, Group or Role."""
    draft = next(
        (
            change
            for change in context.changes
            if change.setting == ATTACHED and change.target.key == context.target.key
        ),
        None,
    )
    if draft is not None and draft.before is not ABSENT:
        return [
            (kind, name)
            for kind in ("User", "Group", "Role")
            for name in sorted(set(draft.before[f"{kind}s"]) - set(draft.after[f"{kind}s"]))
        ]
    if context.target.type != "AWS::IAM::ManagedPolicy":
        return [(context.target.type.rpartition("::")[2], name_of(context.target.id))]
    entities: list[tuple[str, str]] = []
    for kind in ("User", "Group", "Role"):
        query = {"PolicyArn": context.target.id, "EntityFilter": kind}
        request = Call("aws", "iam", "ListEntitiesForPolicy", query, context.target.region)
        entities += [
            (kind, str(entity[f"{kind}Name"])) for entity in context.cloud.pages(request, f"Policy{kind}s")
        ]
    return entities


def policy_holders(context: GuardContext) -> Verdict:
    """Blocks where a holder is for emergencies, is managed by AWS, or is a pipeline whose needs are unknown.

    Warns who used the policy recently, and where the used services are unknown.
    """
    unknown = _unknown(context)
    notes: list[str] = []
    services: set[str] = set()
    for kind, name in holders(context):
        role = read_iam(context, "GetRole", RoleName=name)["Role"] if kind == "Role" else {}
        trusted = list(_trusted(role))
        pipelines = [trustee for trustee in trusted if _PIPELINES.search(trustee[:_MAX_MATCHED])]
        if reason := _off_limits(context, kind, name, str(role.get("Path") or "")):
            return Outcome.BLOCK, reason
        if pipelines and unknown:
            return (
                Outcome.BLOCK,
                f"the role {name} runs a pipeline ({pipelines[0]}), and what it needs is unknown ({unknown}): list "
                "the services that it uses with services=, including iam if it creates roles",
            )
        services.update(
            trustee.partition(".")[0]
            for trustee in trusted
            if trustee.endswith((".amazonaws.com", ".com.cn"))
        )
        notes += [f"a pipeline assumes the role {name}"] if pipelines else []
        notes += _last_use(context, name, role)
    notes += [unknown] if unknown else []
    notes += [f"roles of {', '.join(sorted(services))} have the policy"] if services else []
    if notes:
        return (
            Outcome.WARN,
            f"{'; '.join(notes)}: review the difference, and watch for denied calls afterwards",
        )
    return Outcome.PASS, "no role that has the policy was used recently, and no holder is for emergencies"


def _off_limits(context: GuardContext, kind: str, name: str, path: str) -> str:
    """Returns why this holder must not be changed here, "" where it may be."""
    if kind == "Role" and "/aws-service-role/" in path:
        return f"the role {name} is a service-linked role: detach the policy through the AWS service that owns it"
    if kind == "Role" and "/aws-reserved/" in path:
        return f"the role {name} is managed by IAM Identity Center: change its permission set there, then plan again"
    if kind == "Group":
        members = [str(member["UserName"]) for member in _members(context, name)][:_MAX_MEMBERS]
        apart = [
            f"the user {member} of the group {name}"
            for member in members
            if _for_emergencies(context, "User", member)
        ]
    else:
        apart = [f"the {kind.lower()} {name}"] if _for_emergencies(context, kind, name) else []
    if not apart:
        return ""
    return (
        f"{apart[0]} is marked as break-glass (for emergencies): give it a policy of its own first, or record an "
        "exception for the finding"
    )


def _last_use(context: GuardContext, name: str, role: Mapping[str, Any]) -> list[str]:
    """Returns notes on a role's last use, and on how long that could be observed."""
    notes = []
    if role.get("CreateDate") and _by_use(context) and days_since(role["CreateDate"]) < _RECENTLY:
        notes.append(
            f"the role {name} is {days_since(role['CreateDate'])} days old, so monthly or quarterly work may not "
            "have used it yet"
        )
    last = (role.get("RoleLastUsed") or {}).get("LastUsedDate")
    if last and days_since(last) < _RECENTLY:
        notes.append(f"the role {name} was last used on {str(last)[:10]}")
    return notes


def _members(context: GuardContext, group: str) -> list[Mapping[str, Any]]:
    request = Call("aws", "iam", "GetGroup", {"GroupName": group}, context.target.region)
    return context.cloud.pages(request, "Users")


def _unknown(context: GuardContext) -> str:
    """Returns why the used services are unknown, "" where they are known or do not matter."""
    for draft in context.changes:
        value: Mapping[str, Any] = draft.before if isinstance(draft.before, Mapping) else {}
        used = value.get("Used")
        if used is None or draft.target.key != context.target.key:
            continue
        if context.arguments.get("services"):
            return ""
        if used["Unknown"]:
            return f"{used['Unknown']}, so everything but administration is kept"
        if not used["Services"]:
            return "IAM has no record that any service was used, so everything but administration is kept"
    return ""


def _by_use(context: GuardContext) -> bool:
    """Do the services that were used decide which permissions stay?"""
    used = [
        draft.before.get("Used")
        for draft in context.changes
        if draft.target.key == context.target.key and isinstance(draft.before, Mapping)
    ]
    return not context.arguments.get("services") and any(use and use["Services"] for use in used)


def _for_emergencies(context: GuardContext, kind: str, name: str) -> bool:
    if _EMERGENCY.search(name):
        return True
    query = {f"{kind}Name": name}
    tags = context.cloud.pages(Call("aws", "iam", f"List{kind}Tags", query, context.target.region), "Tags")
    return any(_EMERGENCY.search(f"{tag['Key']} {tag['Value']}"[:_MAX_MATCHED]) for tag in tags)


def _trusted(role: Mapping[str, Any]) -> Iterator[str]:
    """Yields the services and identity providers that may assume the role."""
    if not role:
        return
    for statement in documents.statements(role.get("AssumeRolePolicyDocument") or {}):
        if statement.get("Effect") == "Allow":
            yield from principals(statement, "Service")
            yield from principals(statement, "Federated")


GUARDS = {"policy-holders": policy_holders}
BLOCK_ON_ERROR = tuple(GUARDS)
