"""Roles that AWS services take on for us, with inline policies only.

A service role is shared by everything that the service does for the account, so a rollback of one fix
must not take it away from another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json

TAGS: Final = [{"Key": "managed-by", "Value": "hipaa-tui"}]


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("iam", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    return Call("aws", "iam", operation, {"RoleName": name_of(target.id), **arguments}, target.region)


def name_of(id: str) -> str:
    """The role's name, from its ARN (whatever its path) or from the name itself."""
    arn = parse(id)
    return id if arn is None else arn.resource.rpartition("/")[2]


class Roles(ResourceType):
    name = "AWS::IAM::Role"
    title = "IAM role"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = cloud.pages(Call("aws", "iam", "ListRoles", {}, region), "Roles")
        # Roles below /aws-service-role/ belong to AWS: nobody else can change them.
        own = [str(one["Arn"]) for one in found if not str(one["Path"]).startswith("/aws-service-role/")]
        targets = (self.target(arn, account, region, partition) for arn in own)
        return [target for target in targets if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is not None:
            if arn.service != "iam" or not arn.resource.startswith("role/"):
                return None
            account, partition = arn.account or account, arn.partition
        elif not id or "/" in id or ":" in id or len(id) > 64:
            return None
        return Target("aws", self.name, account, region, id, name_of(id), partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return _tags(cloud.pages(call(target, "ListRoleTags"), "Tags"))


class ServiceRole(Setting):
    """The role itself: {"AssumeRolePolicyDocument": text, "Policies": {name of an inline policy: text}}."""

    id = "aws.iam.service-role"
    title = "Service role"
    resource = Roles.name
    reads = _operations("GetRole", "ListRolePolicies", "GetRolePolicy")
    writes = (
        Operation("iam", "CreateRole", also=("iam:TagRole",)),
        *_operations("UpdateAssumeRolePolicy", "PutRolePolicy", "DeleteRolePolicy"),
    )
    removes = _operations("DeleteRolePolicy", "DeleteRole")
    creates_resource = True
    kept_on_rollback = "other resources may use it by now; a role that nothing uses costs nothing"
    terraform = ("aws_iam_role", "aws_iam_role_policy")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            role = cloud.call(call(target, "GetRole"))["Role"]
        except CloudError as error:
            return absent_on(("NoSuchEntity",), error)
        names = cloud.pages(call(target, "ListRolePolicies"), "PolicyNames")
        policies = {
            str(name): _text(cloud.call(call(target, "GetRolePolicy", PolicyName=name))["PolicyDocument"])
            for name in names
        }
        value = {
            "AssumeRolePolicyDocument": _text(role["AssumeRolePolicyDocument"]),
            "Policies": dict(sorted(policies.items())),
        }
        identity = {
            "Arn": role["Arn"],
            "RoleName": role["RoleName"],
            "RoleId": role.get("RoleId", ""),
            "Path": role.get("Path", "/"),
            "Description": role.get("Description", ""),
            "MaxSessionDuration": role.get("MaxSessionDuration", 3600),
            "Tags": _tags(role.get("Tags") or []),
        }
        return Reading(value, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [] if before.absent else [request for request, _ in self._removal(target, before.value)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        if after is ABSENT:
            return [] if before is ABSENT else [value for _, value in self._removal(target, before)][:-1]
        return [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        """The calls of a write, each with the value that stands after it."""
        trust = after["AssumeRolePolicyDocument"]
        steps: list[tuple[Call, Json]] = []
        have: dict[str, str] = {} if before is ABSENT else dict(before["Policies"])

        def step(operation: str, **arguments: Json) -> None:
            value = {"AssumeRolePolicyDocument": trust, "Policies": dict(have)}
            steps.append((call(target, operation, **arguments), value))

        if before is ABSENT:
            step("CreateRole", AssumeRolePolicyDocument=trust, Tags=TAGS)
        elif documents.canonical(before["AssumeRolePolicyDocument"]) != documents.canonical(trust):
            step("UpdateAssumeRolePolicy", PolicyDocument=trust)
        for name, text in sorted(after["Policies"].items()):
            if name not in have or documents.canonical(have[name]) != documents.canonical(text):
                have[name] = text
                step("PutRolePolicy", PolicyName=name, PolicyDocument=text)
        for name in sorted(have.keys() - after["Policies"].keys()):
            del have[name]
            step("DeleteRolePolicy", PolicyName=name)
        return steps

    def _removal(self, target: Target, before: Json) -> list[tuple[Call, Json]]:
        steps: list[tuple[Call, Json]] = []
        have = dict(before["Policies"])
        for name in sorted(have):
            del have[name]
            request = call(target, "DeleteRolePolicy", PolicyName=name)
            steps.append((request, {**before, "Policies": dict(have)}))
        return [*steps, (call(target, "DeleteRole"), ABSENT)]

    def canonical(self, value: Json) -> Json:
        return {
            "AssumeRolePolicyDocument": documents.canonical(value["AssumeRolePolicyDocument"]),
            "Policies": {name: documents.canonical(text) for name, text in value["Policies"].items()},
        }

    def display(self, value: Json) -> Json:
        if value is ABSENT:
            return None
        return {
            "AssumeRolePolicyDocument": documents.parsed(value["AssumeRolePolicyDocument"]),
            "Policies": {name: documents.parsed(text) for name, text in value["Policies"].items()},
        }

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        name = name_of(target.id)
        arn = target.id if parse(target.id) else f"arn:{target.partition}:iam::{target.account}:role/{name}"
        return {"Arn": arn, "RoleName": name}


def _text(document: Json) -> str:
    # botocore has decoded it already; the text is what the API takes back.
    return document if isinstance(document, str) else json.dumps(document)


def _tags(found: list[Any]) -> dict[str, str]:
    return {str(tag["Key"]): str(tag["Value"]) for tag in found}


def service_role(current: Json, wanted: Json) -> Json:
    """A role that `wanted` describes; one that is there keeps its inline policies of other names.

    `wanted` is {"trust": statement or statements, "policies": {name: statement or statements}}.
    """
    have = {} if current is ABSENT else dict(current["Policies"])
    asked = {name: _document(statements) for name, statements in wanted["policies"].items()}
    return {"AssumeRolePolicyDocument": _document(wanted["trust"]), "Policies": {**have, **asked}}


def _document(statements: Json) -> str:
    several = statements if isinstance(statements, list) else [statements]
    return json.dumps({"Version": documents.VERSION, "Statement": several})


RESOURCE_TYPES = (Roles(),)
SETTINGS = (ServiceRole(),)
BUILDERS = {"service_role": service_role}
