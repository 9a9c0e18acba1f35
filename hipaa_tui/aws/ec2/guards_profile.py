"""Checks what an instance profile grants before it is attached to an instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hipaa_tui.aws.ec2.instances import instance_of
from hipaa_tui.aws.ec2.lookups import listed
from hipaa_tui.aws.ec2.profile import profile_name
from hipaa_tui.aws.policies.principals import allowing, principals
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

_PROFILE: Final = "aws.ec2.instance-profile"
_SERVICE: Final = ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")
_ALL_POWERFUL: Final = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
_STABLE: Final = ("running", "stopped")


def profile_rights(context: GuardContext) -> Verdict:
    """Blocks a profile without a usable role or with nearly all permissions, and an instance that is changing state.

    Passes with the names of the role's policies.
    """
    draft = next((change for change in context.changes if change.setting == _PROFILE), None)
    if draft is None:
        return Outcome.PASS, "no instance profile changes"
    state = str((instance_of(context.cloud, context.target).get("State") or {}).get("Name") or "gone")
    if state not in _STABLE:
        return (
            Outcome.BLOCK,
            f"the instance is {state}: a profile can be attached once it is running or stopped",
        )
    name = profile_name(str(draft.after["Profile"]))
    try:
        profile = _iam(context, "GetInstanceProfile", InstanceProfileName=name)["InstanceProfile"]
    except CloudError as error:
        if error.code != "NoSuchEntity":
            raise
        return (
            Outcome.BLOCK,
            f"the instance profile {name} does not exist: list those that do with `aws iam list-instance-profiles`",
        )
    role = next(iter(profile.get("Roles") or []), None)
    if role is None:
        return Outcome.BLOCK, f"the instance profile {name} has no role: add one first"
    trust = allowing(role.get("AssumeRolePolicyDocument") or {})
    if not any(service in _SERVICE for statement in trust for service in principals(statement, "Service")):
        return (
            Outcome.BLOCK,
            f"EC2 may not assume the role {role['RoleName']}: its trust policy does not name ec2.amazonaws.com, so "
            "add that principal or choose another profile",
        )
    policies = _policies(context, str(role["RoleName"]))
    if mighty := sorted(name for name, documents in policies.items() if _all_powerful(name, documents)):
        return (
            Outcome.BLOCK,
            f"{listed(mighty)} would let any program on the instance do nearly everything in the account: choose a "
            "profile with only the permissions that its programs need",
        )
    granted = listed(sorted(policies)) or "no policy at all"
    return Outcome.PASS, f"its programs get the role {role['RoleName']} with {granted}"


def _policies(context: GuardContext, role: str) -> dict[str, list[Any]]:
    """Returns the documents of the role's policies by name. AWS managed policies have none: their names are enough."""
    policies: dict[str, list[Any]] = {}
    request = Call("aws", "iam", "ListAttachedRolePolicies", {"RoleName": role}, context.target.region)
    for attached in context.cloud.pages(request, "AttachedPolicies"):
        arn, documents = str(attached["PolicyArn"]), []
        if ":iam::aws:" not in arn:
            version = _iam(context, "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
            response = _iam(context, "GetPolicyVersion", PolicyArn=arn, VersionId=version)
            documents = [response["PolicyVersion"]["Document"]]
        policies[str(attached["PolicyName"])] = documents
    inline = Call("aws", "iam", "ListRolePolicies", {"RoleName": role}, context.target.region)
    for name in context.cloud.pages(inline, "PolicyNames"):
        response = _iam(context, "GetRolePolicy", RoleName=role, PolicyName=name)
        policies[str(name)] = [response["PolicyDocument"]]
    return policies


def _all_powerful(name: str, documents: Iterable[Any]) -> bool:
    return name in _ALL_POWERFUL or any(
        ("NotAction" in statement or _wide(statement, "Action", ("*", "iam:*")))
        and _wide(statement, "Resource", ("*",))
        for document in documents
        for statement in allowing(document)
    )


def _wide(statement: Mapping[str, Any], part: str, wide: tuple[str, ...]) -> bool:
    values = statement.get(part) or []
    return any(str(value).lower() in wide for value in (values if isinstance(values, list) else [values]))


def _iam(context: GuardContext, operation: str, **arguments: Any) -> dict[str, Any]:
    return context.cloud.call(Call("aws", "iam", operation, arguments, context.target.region))


GUARDS = {"profile-rights": profile_rights}
BLOCK_ON_ERROR = ("profile-rights",)
