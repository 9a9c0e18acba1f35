"""ECS task definitions: which containers could be written to, or run as root on the host's network.

A revision never changes. What a scan looks at is the latest active one of each family.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

_ROOT: Final = frozenset({"", "root", "0", "root:root", "0:0"})


class TaskDefinitions(Named):
    name = "AWS::ECS::TaskDefinition"
    title = "ECS task definition"
    service = "ecs"
    kind = "task-definition/"
    pattern = re.compile(r"[A-Za-z0-9_-]{1,255}:\d{1,9}")
    listing = Operation("ecs", "ListTaskDefinitions")
    lists = (listing,)
    items = "taskDefinitionArns"
    arguments = {"status": "ACTIVE"}  # noqa: RUF012 - the base class's own shape

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        latest: dict[str, Target] = {}
        for target in super().list(cloud, account, region, partition):
            family, _, revision = target.name.rpartition(":")
            known = latest.get(family)
            if known is None or int(known.name.rpartition(":")[2]) < int(revision):
                latest[family] = target
        return list(latest.values())

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        asked = Call("aws", "ecs", "ListTagsForResource", {"resourceArn": target.id}, target.region)
        return {str(tag["key"]): str(tag["value"]) for tag in cloud.call(asked).get("tags") or []}


class _OfContainers(Setting):
    resource = TaskDefinitions.name
    reads = (Operation("ecs", "DescribeTaskDefinition"),)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            asked = {"taskDefinition": target.id}
            found = cloud.call(Call("aws", "ecs", "DescribeTaskDefinition", asked, target.region))
        except CloudError as error:
            return absent_on(("ClientException",), error)
        about = found["taskDefinition"]
        if about.get("status") == "INACTIVE":
            return Reading(ABSENT)
        return Reading(self.of(about), {"Arn": target.id})

    def of(self, about: Mapping[str, Any]) -> Json:
        raise NotImplementedError

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("a revision never changes: register a new one and let the services run it")


class WritableRoots(_OfContainers):
    """{"Writable": [names of the containers whose root file system can be written to]}. Only for looking."""

    id = "aws.ecs.writable-roots"
    title = "Containers with a writable root"

    def of(self, about: Mapping[str, Any]) -> Json:
        containers = about.get("containerDefinitions") or []
        return {
            "Writable": sorted(
                str(one["name"]) for one in containers if not one.get("readonlyRootFilesystem")
            )
        }


class HostNetworkRoots(_OfContainers):
    """{"RootOnHost": [names of containers that run as root, unprivileged, on the host's network]}. Only for looking."""

    id = "aws.ecs.host-network-roots"
    title = "Root on the host's network"

    def of(self, about: Mapping[str, Any]) -> Json:
        containers = about.get("containerDefinitions") or [] if about.get("networkMode") == "host" else []
        found = [
            str(one["name"])
            for one in containers
            if not one.get("privileged") and str(one.get("user") or "") in _ROOT
        ]
        return {"RootOnHost": sorted(found)}


RESOURCE_TYPES = (TaskDefinitions(),)
SETTINGS = (WritableRoots(), HostNetworkRoots())
