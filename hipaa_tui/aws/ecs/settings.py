"""ECS task definitions: which containers could be written to, or run as root on the host's network.

A revision never changes. What a scan looks at is the latest active one of each family.
"""

from __future__ import annotations

import re
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Cloud, Target
from hipaa_tui.support.json_value import Json

_ROOT: Final = frozenset({"", "root", "0", "root:root", "0:0"})


class TaskDefinitions(Named):
    name = "AWS::ECS::TaskDefinition"
    title = "ECS task definition"
    service = "ecs"
    kind = "task-definition/"
    pattern = re.compile(r"[A-Za-z0-9_-]{1,255}:\d{1,9}")
    listing = Read("ecs", "ListTaskDefinitions", "taskDefinitionArns", {"status": "ACTIVE"})
    tagging = Read("ecs", "ListTagsForResource", "tags", {"resourceArn": "{id}"})

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        latest: dict[str, Target] = {}
        for target in super().list(cloud, account, region, partition):
            family, _, revision = target.name.rpartition(":")
            known = latest.get(family)
            if known is None or int(known.name.rpartition(":")[2]) < int(revision):
                latest[family] = target
        return list(latest.values())


class _OfTaskDefinition(Declared):
    resource = TaskDefinitions.name
    reading = Read(
        *("ecs", "DescribeTaskDefinition", "taskDefinition", {"taskDefinition": "{id}"}),
        gone=("ClientException",),
        deleted=lambda found: found.get("status") == "INACTIVE",
    )
    identity = {"Arn": "{id}"}
    read_only = "a revision never changes: register a new one and let the services run it"


class WritableRoots(_OfTaskDefinition):
    """{"Writable": [names of the containers whose root file system can be written to]}. Read-only."""

    id = "aws.ecs.writable-roots"
    title = "Containers with a writable root"

    def value(self, found: Any) -> Json:
        containers = found.get("containerDefinitions") or []
        writable = [str(one["name"]) for one in containers if not one.get("readonlyRootFilesystem")]
        return {"Writable": sorted(writable)}


class HostNetworkRoots(_OfTaskDefinition):
    """{"RootOnHost": [names of containers that run as root, unprivileged, on the host's network]}. Read-only."""

    id = "aws.ecs.host-network-roots"
    title = "Root on the host's network"

    def value(self, found: Any) -> Json:
        on_host = found.get("networkMode") == "host"
        roots = [
            str(one["name"])
            for one in (found.get("containerDefinitions") or [] if on_host else [])
            if not one.get("privileged") and str(one.get("user") or "") in _ROOT
        ]
        return {"RootOnHost": sorted(roots)}


RESOURCE_TYPES = (TaskDefinitions(),)
SETTINGS = (WritableRoots(), HostNetworkRoots())
