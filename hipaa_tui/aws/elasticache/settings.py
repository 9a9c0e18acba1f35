"""ElastiCache replication groups (Redis OSS, Valkey): daily snapshots, and encryption."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Write, flag, number, text
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import (
    Cloud,
    Reading,
    Target,
)
from hipaa_tui.support.json_value import ABSENT, Json

_DESCRIBED: Final = Read(
    *("elasticache", "DescribeReplicationGroups", "ReplicationGroups.0", {"ReplicationGroupId": "{name}"}),
    gone=("ReplicationGroupNotFoundFault", "ReplicationGroupNotFound"),
    empty="gone",
)


def group_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The group as DescribeReplicationGroups returns it; empty where it is not there. Raises CloudError."""
    return dict(_DESCRIBED.ask(cloud, target) or {})


class ReplicationGroups(Named):
    name = "AWS::ElastiCache::ReplicationGroup"
    title = "ElastiCache replication group"
    service = "elasticache"
    kind = "replicationgroup:"
    pattern = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
    listing = Read("elasticache", "DescribeReplicationGroups", "ReplicationGroups")
    field = "ReplicationGroupId"
    tagging = Read("elasticache", "ListTagsForResource", "TagList", {"ResourceName": "{id}"})


class SnapshotRetention(Declared):
    """{"SnapshotRetentionLimit": days that daily snapshots are kept, 0 takes none}"""

    id = "aws.elasticache.snapshot-retention"
    title = "Daily snapshots"
    resource = ReplicationGroups.name
    reading = _DESCRIBED
    fields = {"SnapshotRetentionLimit": number("SnapshotRetentionLimit")}
    identity = {"ReplicationGroupId": "{name}", "Arn": "{id}"}
    identity_fields = {"CacheNodeType": text("CacheNodeType"), "SnapshotWindow": text("SnapshotWindow")}
    identity_when_gone = True
    writing = Write(
        *("elasticache", "ModifyReplicationGroup"),
        arguments={"ReplicationGroupId": "{name}", "ApplyImmediately": True},
    )
    settle_seconds = 300.0
    terraform = ("aws_elasticache_replication_group",)

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        return {**super().identity_of(target, found), "Source": _source(found)}

    def sent(self, before: Reading, after: Json) -> Json:
        given: dict[str, Json] = {"SnapshotRetentionLimit": after["SnapshotRetentionLimit"]}
        # A group without snapshots so far has to be told which of its nodes to take them of.
        if not before.value["SnapshotRetentionLimit"] and before.identity.get("Source"):
            given["SnapshottingClusterId"] = before.identity["Source"]
        return given

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        days = int((after or {}).get("SnapshotRetentionLimit") or 0)
        if days >= int((before or {}).get("SnapshotRetentionLimit") or 0):
            return ""
        return f"automatic snapshots that are older than {days} days are deleted, and do not come back"


class GroupEncryption(Declared):
    """{"AtRest", "InTransit", "AuthToken": bools, "InTransitMode"?: preferred or required}. Read-only."""

    id = "aws.elasticache.encryption"
    title = "Encryption of the replication group"
    resource = ReplicationGroups.name
    reading = _DESCRIBED
    fields = {
        "AtRest": flag("AtRestEncryptionEnabled"),
        "InTransit": flag("TransitEncryptionEnabled"),
        "AuthToken": flag("AuthTokenEnabled"),
        "InTransitMode": text("TransitEncryptionMode", None),
    }
    identity = {"ReplicationGroupId": "{name}", "Arn": "{id}"}
    read_only = "a group is encrypted at rest from its creation on or never: make a new one"


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
