"""Replication groups of ElastiCache: ids, and the days that snapshots are kept."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.registry import builders, resource_type, setting
from tests.aws.guards import Answers
from tests.aws.server import ACCOUNT, REGION

HERE = f"{REGION}:{ACCOUNT}"


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        ("AWS::ElastiCache::ReplicationGroup", f"arn:aws:elasticache:{HERE}:replicationgroup:s", "s"),
        ("AWS::ElastiCache::ReplicationGroup", f"arn:aws:elasticache:{HERE}:cluster:s-001", None),
    ],
)
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name


def test_fewer_days_of_snapshots_delete_some():
    one = setting("aws.elasticache.snapshot-retention")
    few, many = {"SnapshotRetentionLimit": 1}, {"SnapshotRetentionLimit": 15}
    assert one.cannot_be_undone(few, many) == ""
    assert "older than 1 days" in one.cannot_be_undone(many, few)
    assert (
        builders()["snapshots_at_least"]({"SnapshotRetentionLimit": 20}, {"days": 15})[
            "SnapshotRetentionLimit"
        ]
        == 20
    )


@pytest.mark.parametrize(
    ("about", "source"),
    [
        ({"SnapshotRetentionLimit": 0}, "s-002"),
        ({"SnapshotRetentionLimit": 0, "NodeGroups": []}, "s-001"),
        ({"SnapshotRetentionLimit": 0, "ClusterEnabled": True}, None),
        ({"SnapshotRetentionLimit": 3}, None),
    ],
)
def test_the_first_snapshots_are_taken_of_a_replica(aws, about, source):
    roles = {"s-001": "primary", "s-002": "replica"}
    nodes = [{"CacheClusterId": id, "CurrentRole": role} for id, role in roles.items()]
    group = {"NodeGroups": [{"NodeGroupMembers": nodes}], "MemberClusters": list(roles), **about}
    where = target("AWS::ElastiCache::ReplicationGroup", "s")
    one = setting("aws.elasticache.snapshot-retention")
    before = one.read(Answers(aws, DescribeReplicationGroups={"ReplicationGroups": [group]}), where)
    (call,) = one.calls(where, before, {"SnapshotRetentionLimit": 15})
    assert call.arguments.get("SnapshottingClusterId") == source


def test_what_is_not_there_is_absent(aws):
    for name, where in (
        ("aws.elasticache.snapshot-retention", target("AWS::ElastiCache::ReplicationGroup", "nobody")),
        ("aws.elasticache.encryption", target("AWS::ElastiCache::ReplicationGroup", "nobody")),
    ):
        assert setting(name).read(aws, where).absent, name
