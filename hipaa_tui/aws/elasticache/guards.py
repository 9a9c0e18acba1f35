"""Checks that the nodes of a Redis replication group can take snapshots."""

from __future__ import annotations

from typing import Final

from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict

_NO_SNAPSHOTS: Final = ("cache.t1.", "cache.m1.small")
_SMALL: Final = ("cache.t2.", "cache.t3.", "cache.t4g.")


def cache_snapshot_room(context: GuardContext) -> Verdict:
    """Blocks node types that cannot take snapshots; warns of small ones, where memory may not suffice."""
    identity = context.read("aws.elasticache.snapshot-retention", context.target).identity
    node = str(identity.get("CacheNodeType") or "")
    if node.startswith(_NO_SNAPSHOTS):
        return Outcome.BLOCK, f"ElastiCache cannot take snapshots of {node}: move to a larger node type first"
    if node.startswith(_SMALL):
        return (
            Outcome.WARN,
            f"{node} is small, and a snapshot needs memory beside the data: set reserved-memory-percent to 25 or "
            "more, and the snapshot window to a quiet hour",
        )
    return Outcome.PASS, f"{node or 'the node type'} supports snapshots"


GUARDS = {"cache-snapshot-room": cache_snapshot_room}
