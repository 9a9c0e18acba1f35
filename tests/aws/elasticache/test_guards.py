"""The guard of ElastiCache snapshots: which node types take them."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, verdict
from tests.aws.server import ACCOUNT, REGION

PASS, WARN, BLOCK = Outcome.PASS, Outcome.WARN, Outcome.BLOCK


@pytest.mark.parametrize(
    ("node", "outcome"), [("cache.r6g.large", PASS), ("cache.t3.small", WARN), ("cache.t1.micro", BLOCK)]
)
def test_a_node_without_snapshots_is_named(aws, node, outcome):
    group = resource_type("AWS::ElastiCache::ReplicationGroup").target("sessions", ACCOUNT, REGION)
    about = {"ReplicationGroupId": "sessions", "CacheNodeType": node, "SnapshotRetentionLimit": 0}
    cloud = Answers(aws, DescribeReplicationGroups={"ReplicationGroups": [about]})
    found, reason = verdict(cloud, "cache-snapshot-room", group)
    assert found is outcome
    assert node in reason
