"""ElastiCache replication groups (Redis OSS, Valkey): daily snapshots, and encryption."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

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
from hipaa_tui.support.json_value import ABSENT, Json

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("elasticache", name) for name in names)


def group_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """What DescribeReplicationGroups says of the group; empty where it is not there."""
    asked = {"ReplicationGroupId": target.name}
    try:
        found = cloud.call(Call("aws", "elasticache", "DescribeReplicationGroups", asked, target.region))
    except CloudError as error:
        absent_on(("ReplicationGroupNotFoundFault", "ReplicationGroupNotFound"), error)
        return {}
    return dict(next(iter(found.get("ReplicationGroups") or []), {}))


class ReplicationGroups(ResourceType):
    name = "AWS::ElastiCache::ReplicationGroup"
    title = "ElastiCache replication group"
    lists = _operations("DescribeReplicationGroups")

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        asked = Call("aws", "elasticache", "DescribeReplicationGroups", {}, region)
        listed = cloud.pages(asked, "ReplicationGroups")
        found = (self.target(str(one["ReplicationGroupId"]), account, region, partition) for one in listed)
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = id
        if arn is not None:
            kind, _, name = arn.resource.partition(":")
            if arn.service != "elasticache" or kind != "replicationgroup":
                return None
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        if not _NAME.fullmatch(name):
            return None
        full = f"arn:{partition}:elasticache:{region}:{account}:replicationgroup:{name}"
        return Target("aws", self.name, account, region, full, name, partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        asked = {"ResourceName": target.id}
        found = cloud.call(Call("aws", "elasticache", "ListTagsForResource", asked, target.region))
        return {str(tag["Key"]): str(tag["Value"]) for tag in found.get("TagList") or []}


class SnapshotRetention(Setting):
    """{"SnapshotRetentionLimit": days that daily snapshots are kept, 0 takes none}"""

    id = "aws.elasticache.snapshot-retention"
    title = "Daily snapshots"
    resource = ReplicationGroups.name
    reads = _operations("DescribeReplicationGroups")
    writes = _operations("ModifyReplicationGroup")
    settle_seconds = 300.0
    retry_codes = ("InvalidReplicationGroupState", "InvalidCacheClusterState")
    terraform = ("aws_elasticache_replication_group",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = group_of(cloud, target)
        value = {"SnapshotRetentionLimit": int(about.get("SnapshotRetentionLimit") or 0)}
        identity = {
            "ReplicationGroupId": target.name,
            "Arn": target.id,
            "CacheNodeType": about.get("CacheNodeType") or "",
            "SnapshotWindow": about.get("SnapshotWindow") or "",
            "Source": _source(about),
        }
        return Reading(value if about else ABSENT, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        given: dict[str, Json] = {
            "ReplicationGroupId": target.name,
            "SnapshotRetentionLimit": after["SnapshotRetentionLimit"],
            "ApplyImmediately": True,
        }
        # A group that took none so far does not know which of its nodes to take them of.
        if not before.value["SnapshotRetentionLimit"] and before.identity.get("Source"):
            given["SnapshottingClusterId"] = before.identity["Source"]
        return [Call("aws", "elasticache", "ModifyReplicationGroup", given, target.region)]

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        days = int((after or {}).get("SnapshotRetentionLimit") or 0)
        if days >= int((before or {}).get("SnapshotRetentionLimit") or 0):
            return ""
        return f"automatic snapshots that are older than {days} days are deleted, and do not come back"


class GroupEncryption(Setting):
    """{"AtRest", "InTransit", "AuthToken": bools, "InTransitMode"?: preferred or required}. Only for looking."""

    id = "aws.elasticache.encryption"
    title = "Encryption of the replication group"
    resource = ReplicationGroups.name
    reads = _operations("DescribeReplicationGroups")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = group_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        value: dict[str, Json] = {
            "AtRest": bool(about.get("AtRestEncryptionEnabled")),
            "InTransit": bool(about.get("TransitEncryptionEnabled")),
            "AuthToken": bool(about.get("AuthTokenEnabled")),
        }
        if about.get("TransitEncryptionMode"):
            value["InTransitMode"] = str(about["TransitEncryptionMode"])
        return Reading(value, {"ReplicationGroupId": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("a group is encrypted at rest from its creation on or never: make a new one")


def _source(about: Mapping[str, Any]) -> str:
    """The node that snapshots are best taken of: a replica, else the first; "" where ElastiCache chooses itself."""
    if about.get("ClusterEnabled") or about.get("SnapshottingClusterId"):
        return ""
    nodes = [one for group in about.get("NodeGroups") or [] for one in group.get("NodeGroupMembers") or []]
    replicas = [str(one["CacheClusterId"]) for one in nodes if one.get("CurrentRole") == "replica"]
    return next(iter([*replicas, *map(str, about.get("MemberClusters") or [])]), "")


def at_least_days(current: Json, wanted: Json) -> Json:
    """Snapshots that are kept as long as `wanted` ({"days"}) says, or longer where they are already."""
    if current is ABSENT:
        raise ValueError("there is no such replication group")
    return {"SnapshotRetentionLimit": max(int(current["SnapshotRetentionLimit"]), int(wanted["days"]))}


RESOURCE_TYPES = (ReplicationGroups(),)
SETTINGS = (SnapshotRetention(), GroupEncryption())
BUILDERS = {"snapshots_at_least": at_least_days}
