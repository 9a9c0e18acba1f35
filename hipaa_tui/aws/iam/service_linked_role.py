"""Roles that AWS makes for one of its services in an account, and that nobody else can change.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.arn import parse
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
from hipaa_tui.support.json_value import Json

_PATH: Final = "role/aws-service-role/"


class ServiceLinkedRoles(ResourceType):
    name = "AWS::IAM::ServiceLinkedRole"
    title = "Service-linked role"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        asked = Call("aws", "iam", "ListRoles", {"PathPrefix": "/aws-service-role/"}, region)
        found = (
            self.target(str(one["Arn"]), account, region, partition) for one in cloud.pages(asked, "Roles")
        )
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None or arn.service != "iam" or not arn.resource.startswith(_PATH):
            return None
        name = arn.resource.rpartition("/")[2]
        return Target("aws", self.name, arn.account or account, region, id, name, arn.partition)


class ServiceLinkedRole(Setting):
    """{"AWSServiceName": "config.amazonaws.com"}. The target's id is the role's ARN, whose path names the service."""

    id = "aws.iam.service-linked-role"
    title = "Service-linked role"
    resource = ServiceLinkedRoles.name
    reads = (Operation("iam", "GetRole"),)
    writes = (Operation("iam", "CreateServiceLinkedRole"),)
    creates_resource = True
    kept_on_rollback = "the service may use it elsewhere by now; it costs nothing"
    repeatable = False
    terraform = ("aws_iam_service_linked_role",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        name = target.id.rpartition("/")[2]
        asked = Call("aws", "iam", "GetRole", {"RoleName": name}, target.region)
        try:
            role = cloud.call(asked)["Role"]
        except CloudError as error:
            return absent_on(("NoSuchEntity",), error)
        service = str(role["Path"]).removeprefix("/aws-service-role/").strip("/")
        return Reading({"AWSServiceName": service}, {"Arn": role["Arn"], "RoleName": role["RoleName"]})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if not before.absent:
            raise ValueError(f"the role {target.name} belongs to {before.value['AWSServiceName']} already")
        asked = {"AWSServiceName": after["AWSServiceName"]}
        return [Call("aws", "iam", "CreateServiceLinkedRole", asked, target.region)]

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"Arn": target.id, "RoleName": target.id.rpartition("/")[2]}


RESOURCE_TYPES = (ServiceLinkedRoles(),)
SETTINGS = (ServiceLinkedRole(),)
