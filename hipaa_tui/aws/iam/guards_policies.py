"""Looks at who has a policy before it is narrowed or taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hipaa_tui.aws.iam.users import days_since, name_of
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import principals
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT, Json

MANAGED: Final = "aws.iam.managed-policy"
INLINE: Final = "aws.iam.inline-policies"
ATTACHED: Final = "aws.iam.policy-attachments"
_EMERGENCY: Final = re.compile(r"break.?glass|emergency", re.IGNORECASE)
_LOOKED_AT: Final = 1024
_RECENTLY: Final = 90
"""Days: a role that was used since is likely to be used again."""
_MOST_MEMBERS: Final = 100
"""Members of a group whose tags are looked at: nobody keeps an emergency's user among more."""
_PIPELINES: Final = re.compile(
    r"githubusercontent\.com|gitlab|bitbucket|circleci|terraform\.io|buildkite|azure\.com|spacelift|env0",
    re.IGNORECASE,
)


def asked(look: Look, operation: str, **arguments: Json) -> dict[str, Any]:
    """One read of IAM."""
    return look.cloud.call(Call("aws", "iam", operation, arguments, look.target.region))


def holders(look: Look) -> list[tuple[str, str]]:
    """(kind, name) of whoever loses something by the changes."""
    draft = next(
        (one for one in look.changes if one.setting == ATTACHED and one.target.key == look.target.key), None
    )
    if draft is not None and draft.before is not ABSENT:
        return [
            (kind, name)
            for kind in ("User", "Group", "Role")
            for name in sorted(set(draft.before[f"{kind}s"]) - set(draft.after[f"{kind}s"]))
        ]
    if look.target.type != "AWS::IAM::ManagedPolicy":
        return [(look.target.type.rpartition("::")[2], name_of(look.target.id))]
    found: list[tuple[str, str]] = []
    for kind in ("User", "Group", "Role"):
        given = {"PolicyArn": look.target.id, "EntityFilter": kind}
        request = Call("aws", "iam", "ListEntitiesForPolicy", given, look.target.region)
        found += [(kind, str(one[f"{kind}Name"])) for one in look.cloud.pages(request, f"Policy{kind}s")]
    return found


def policy_holders(look: Look) -> Verdict:
    """Blocks where it would hit who must keep it or cannot be changed, and warns who used it lately.

    For emergencies, of IAM Identity Center, of AWS's services; and pipelines, as long as nobody knows what they use.
    """
    unknown = _unknown(look)
    notes: list[str] = []
    services: set[str] = set()
    for kind, name in holders(look):
        role = asked(look, "GetRole", RoleName=name)["Role"] if kind == "Role" else {}
        trusted = list(_trusted(role))
        pipelines = [one for one in trusted if _PIPELINES.search(one[:_LOOKED_AT])]
        if reason := _apart(look, kind, name, str(role.get("Path") or "")):
            return Outcome.BLOCK, reason
        if pipelines and unknown:
            return (
                Outcome.BLOCK,
                f"the role {name} runs a pipeline ({pipelines[0]}), and what it needs is not known ({unknown}): name "
                "the services that it uses with services=, iam among them if it makes roles",
            )
        services.update(
            one.partition(".")[0] for one in trusted if one.endswith((".amazonaws.com", ".com.cn"))
        )
        notes += [f"a pipeline takes on the role {name}"] if pipelines else []
        notes += _of_late(look, name, role)
    notes += [unknown] if unknown else []
    notes += [f"roles of {', '.join(sorted(services))} have it"] if services else []
    if notes:
        return Outcome.WARN, f"{'; '.join(notes)}: look at the difference, and watch for refusals after it"
    return Outcome.PASS, "nobody who has it used it lately, and none of them is for emergencies"


def _apart(look: Look, kind: str, name: str, path: str) -> str:
    """Why it is not for us to change who has it, "" where it is."""
    if kind == "Role" and "/aws-service-role/" in path:
        return f"the role {name} belongs to a service of AWS: take the policy from it by that service"
    if kind == "Role" and "/aws-reserved/" in path:
        return (
            f"the role {name} is made by IAM Identity Center: change its permission set there, and plan again"
        )
    if kind == "Group":
        members = [str(one["UserName"]) for one in _members(look, name)][:_MOST_MEMBERS]
        apart = [
            f"the user {one} of the group {name}" for one in members if _for_emergencies(look, "User", one)
        ]
    else:
        apart = [f"the {kind.lower()} {name}"] if _for_emergencies(look, kind, name) else []
    if not apart:
        return ""
    return (
        f"{apart[0]} says of itself that it is for emergencies (break-glass): give it a policy of its own first, or make "
        "an exception for the finding"
    )


def _of_late(look: Look, name: str, role: Mapping[str, Any]) -> list[str]:
    """What is to be known of a role's last use, and of how long anybody could see it."""
    notes = []
    if role.get("CreateDate") and _by_use(look) and days_since(role["CreateDate"]) < _RECENTLY:
        notes.append(
            f"the role {name} is {days_since(role['CreateDate'])} days old, so work that comes once a month or a quarter "
            "may not have shown"
        )
    last = (role.get("RoleLastUsed") or {}).get("LastUsedDate")
    if last and days_since(last) < _RECENTLY:
        notes.append(f"the role {name} was last used on {str(last)[:10]}")
    return notes


def _members(look: Look, group: str) -> list[Mapping[str, Any]]:
    request = Call("aws", "iam", "GetGroup", {"GroupName": group}, look.target.region)
    return look.cloud.pages(request, "Users")


def _unknown(look: Look) -> str:
    """Why it is not known what is used, "" where it is known or plays no part."""
    for draft in look.changes:
        held: Mapping[str, Any] = draft.before if isinstance(draft.before, Mapping) else {}
        used = held.get("Used")
        if used is None or draft.target.key != look.target.key:
            continue
        if look.arguments.get("services"):
            return ""
        if used["Unknown"]:
            return f"{used['Unknown']}, so all but administration is kept"
        if not used["Services"]:
            return "IAM knows of no use of any service, so all but administration is kept"
    return ""


def _by_use(look: Look) -> bool:
    """Does what was used decide what stays?"""
    used = [
        draft.before.get("Used")
        for draft in look.changes
        if draft.target.key == look.target.key and isinstance(draft.before, Mapping)
    ]
    return not look.arguments.get("services") and any(one and one["Services"] for one in used)


def _for_emergencies(look: Look, kind: str, name: str) -> bool:
    if _EMERGENCY.search(name):
        return True
    given = {f"{kind}Name": name}
    found = look.cloud.pages(Call("aws", "iam", f"List{kind}Tags", given, look.target.region), "Tags")
    return any(_EMERGENCY.search(f"{one['Key']} {one['Value']}"[:_LOOKED_AT]) for one in found)


def _trusted(role: Mapping[str, Any]) -> Iterator[str]:
    """Services and identity providers that may take on the role."""
    if not role:
        return
    for one in documents.statements(role.get("AssumeRolePolicyDocument") or {}):
        if one.get("Effect") == "Allow":
            yield from principals(one, "Service")
            yield from principals(one, "Federated")


GUARDS = {"policy-holders": policy_holders}
CAUTIOUS = tuple(GUARDS)
