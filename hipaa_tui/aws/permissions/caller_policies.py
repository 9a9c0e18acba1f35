"""Finds out whose policies decide for the session's credentials, and which statements those policies have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.providers.model import Call, Cloud, CloudError
from hipaa_tui.support.json_value import Json


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `source` is the ARN of the user or role whose policies decide, "" where there is none
    that could be asked about. `root` may do everything that the organization leaves to the account."""

    arn: str
    source: str
    root: bool = False

    @property
    def name(self) -> str:
        return self.source.rpartition("/")[2]

    @property
    def is_role(self) -> bool:
        return ":role/" in self.source


def principal_of(cloud: Cloud) -> Principal:
    """The principal behind the credentials. Raises CloudError.

    An assumed role's ARN has lost the role's path, which IAM asks for again (IAM User Guide, "IAM identifiers").
    """
    arn = cloud.caller().principal
    found = parse(arn)
    if found is None:
        return Principal(arn, "")
    kind, _, rest = found.resource.partition("/")
    if kind == "root":
        return Principal(arn, "", root=True)
    if kind == "user":
        return Principal(arn, arn)
    if kind != "assumed-role":
        return Principal(arn, "")  # a federated user's policies are known to nobody but its session
    role = rest.partition("/")[0]
    try:
        source = str(_iam(cloud, "GetRole", RoleName=role)["Role"]["Arn"])
    except CloudError as error:
        if error.unauthenticated:
            raise
        source = f"arn:{found.partition}:iam::{found.account}:role/{role}"
    return Principal(arn, source)


def identity_statements(cloud: Cloud, principal: Principal) -> list[dict[str, Any]]:
    """Every statement of the policies of the user (its groups' too) or role. Raises CloudError, ValueError."""
    if principal.is_role:
        return list(_of(cloud, "Role", principal.name))
    found = list(_of(cloud, "User", principal.name))
    groups = cloud.pages(_call("ListGroupsForUser", UserName=principal.name), "Groups")
    for group in groups:
        found += _of(cloud, "Group", str(group["GroupName"]))
    return found


def _of(cloud: Cloud, kind: str, name: str) -> Iterator[dict[str, Any]]:
    owner: dict[str, Json] = {f"{kind}Name": name}
    for inline in cloud.pages(_call(f"List{kind}Policies", **owner), "PolicyNames"):
        held = _iam(cloud, f"Get{kind}Policy", **owner, PolicyName=inline)
        yield from statements(held["PolicyDocument"])
    for attached in cloud.pages(_call(f"ListAttached{kind}Policies", **owner), "AttachedPolicies"):
        arn = attached["PolicyArn"]
        version = _iam(cloud, "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        held = _iam(cloud, "GetPolicyVersion", PolicyArn=arn, VersionId=version)
        yield from statements(held["PolicyVersion"]["Document"])


def _call(operation: str, **arguments: Json) -> Call:
    return Call("aws", "iam", operation, arguments)


def _iam(cloud: Cloud, operation: str, **arguments: Json) -> dict[str, Any]:
    return cloud.call(_call(operation, **arguments))
