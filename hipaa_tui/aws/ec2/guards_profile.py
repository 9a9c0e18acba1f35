"""Looks what rights an instance profile brings before an instance gets it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hipaa_tui.aws.ec2.instances import instance_of
from hipaa_tui.aws.ec2.lookups import listed
from hipaa_tui.aws.ec2.profile import profile_name
from hipaa_tui.aws.policies.principals import allowing, principals
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

_PROFILE: Final = "aws.ec2.instance-profile"
_SERVICE: Final = ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")
_MIGHTY: Final = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
_SETTLED: Final = ("running", "stopped")


def profile_rights(look: Look) -> Verdict:
    """Blocks a profile that gives nothing, or everything, and an instance that is on its way; says what it gives else."""
    draft = next((one for one in look.changes if one.setting == _PROFILE), None)
    if draft is None:
        return Outcome.PASS, "no profile changes"
    state = str((instance_of(look.cloud, look.target).get("State") or {}).get("Name") or "gone")
    if state not in _SETTLED:
        return Outcome.BLOCK, f"the instance is {state}: it takes a profile once it runs or is stopped"
    name = profile_name(str(draft.after["Profile"]))
    try:
        profile = _iam(look, "GetInstanceProfile", InstanceProfileName=name)["InstanceProfile"]
    except CloudError as error:
        if error.code != "NoSuchEntity":
            raise
        return (
            Outcome.BLOCK,
            f"there is no instance profile {name}: aws iam list-instance-profiles lists them",
        )
    role = next(iter(profile.get("Roles") or []), None)
    if role is None:
        return Outcome.BLOCK, f"the instance profile {name} holds no role: add one first"
    trust = allowing(role.get("AssumeRolePolicyDocument") or {})
    if not any(one in _SERVICE for statement in trust for one in principals(statement, "Service")):
        return Outcome.BLOCK, f"EC2 may not assume the role {role['RoleName']}: its trust policy names others"
    policies = _policies(look, str(role["RoleName"]))
    if mighty := sorted(name for name, documents in policies.items() if _all_powerful(name, documents)):
        return (
            Outcome.BLOCK,
            f"{listed(mighty)} would let whatever runs on the instance do nearly everything in the account: choose a "
            "profile with the rights that its programs need",
        )
    given = listed(sorted(policies)) or "no policy at all"
    return Outcome.PASS, f"its programs get the role {role['RoleName']} with {given}"


def _policies(look: Look, role: str) -> dict[str, list[Any]]:
    """The role's policies by name, each with its document; AWS's own are known by their names."""
    found: dict[str, list[Any]] = {}
    asked = Call("aws", "iam", "ListAttachedRolePolicies", {"RoleName": role}, look.target.region)
    for one in look.cloud.pages(asked, "AttachedPolicies"):
        arn, documents = str(one["PolicyArn"]), []
        if ":iam::aws:" not in arn:
            version = _iam(look, "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
            held = _iam(look, "GetPolicyVersion", PolicyArn=arn, VersionId=version)
            documents = [held["PolicyVersion"]["Document"]]
        found[str(one["PolicyName"])] = documents
    inline = Call("aws", "iam", "ListRolePolicies", {"RoleName": role}, look.target.region)
    for name in look.cloud.pages(inline, "PolicyNames"):
        held = _iam(look, "GetRolePolicy", RoleName=role, PolicyName=name)
        found[str(name)] = [held["PolicyDocument"]]
    return found


def _all_powerful(name: str, documents: Iterable[Any]) -> bool:
    return name in _MIGHTY or any(
        ("NotAction" in statement or _wide(statement, "Action", ("*", "iam:*")))
        and _wide(statement, "Resource", ("*",))
        for document in documents
        for statement in allowing(document)
    )


def _wide(statement: Mapping[str, Any], part: str, wide: tuple[str, ...]) -> bool:
    found = statement.get(part) or []
    return any(str(one).lower() in wide for one in (found if isinstance(found, list) else [found]))


def _iam(look: Look, operation: str, **arguments: Any) -> dict[str, Any]:
    return look.cloud.call(Call("aws", "iam", operation, arguments, look.target.region))


GUARDS = {"profile-rights": profile_rights}
CAUTIOUS = ("profile-rights",)
