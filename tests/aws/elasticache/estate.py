"""A replication group without snapshots; "kept" is as it should be."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.elasticache.backup",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    for name, days in (("sessions", 0), ("kept", 20)):
        group = {
            "ReplicationGroupId": name,
            "ReplicationGroupDescription": name,
            "SnapshotRetentionLimit": days,
        }
        do("elasticache", "CreateReplicationGroup", **group, CacheNodeType="cache.r6g.large", Engine="redis")
    return cloud
