"""The snapshots of a replication group as Terraform."""

from __future__ import annotations

from tests.aws.patches import edit


def test_an_argument_of_a_big_block_is_said_as_an_edit() -> None:
    edit("aws.elasticache.snapshot-retention", {"SnapshotRetentionLimit": 15})
