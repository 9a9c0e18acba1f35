"""Looks at what a change of DynamoDB, ElastiCache or EFS costs, and whom it would shut out."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.dynamodb.capacity import DIMENSIONS
from hipaa_tui.aws.dynamodb.settings import table_of
from hipaa_tui.aws.policies.principals import EVERYBODY, allowing, allows, conditions, principals
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT, at

_GB: Final = 1024**3
_WORTH_A_WORD: Final = 50
"""USD a month from which a cost is a warning."""
_PRICES: Final = {"AWS::DynamoDB::Table": 0.20, "AWS::EFS::FileSystem": 0.05}
"""USD a GB-month in us-east-1: point-in-time recovery of DynamoDB, backup storage of EFS (the price lists)."""
_HOURS: Final = 730
_UNIT_HOUR: Final = {"Read": 0.00013, "Write": 0.00065}
"""USD a unit and hour of provisioned capacity in us-east-1 (Amazon DynamoDB pricing)."""
_NO_SNAPSHOTS: Final = ("cache.t1.", "cache.m1.small")
_SMALL: Final = ("cache.t2.", "cache.t3.", "cache.t4g.")


def cost_of_size(look: Look) -> Verdict:
    """Says what keeping copies of a table or file system costs by its size of today, and warns where that is much."""
    if look.target.type == "AWS::DynamoDB::Table":
        held = int(table_of(look.cloud, look.target).get("TableSizeBytes") or 0)
    else:
        asked = Call(
            "aws", "efs", "DescribeFileSystems", {"FileSystemId": look.target.name}, look.target.region
        )
        held = int(at(look.cloud.call(asked), "FileSystems.0.SizeInBytes.Value") or 0)
    month = held / _GB * _PRICES[look.target.type]
    said = f"{held / _GB:,.1f} GB today, about {month:,.0f} USD a month (by the prices of us-east-1)"
    return (Outcome.WARN if month >= _WORTH_A_WORD else Outcome.PASS), said


def table_key_readers(look: Look) -> Verdict:
    """Blocks a key of yours whose policy does not let the users of the table in, and a key that was lost already."""
    table = table_of(look.cloud, look.target)
    if regions := sorted(str(one.get("RegionName")) for one in table.get("Replicas") or []):
        return (
            Outcome.BLOCK,
            f"the table has replicas in {', '.join(regions)}, and each wants a key of its own region: change them together "
            "by hand",
        )
    about = table.get("SSEDescription") or {}
    if about.get("InaccessibleEncryptionDateTime"):
        return (
            Outcome.BLOCK,
            f"DynamoDB cannot use the table's key since {about['InaccessibleEncryptionDateTime']}: "
            "give that key back first, or the data is lost",
        )
    given = str(look.parameters.get("kms_key") or "")
    if not given:
        return Outcome.PASS, "the policy of the key lets whoever uses the table in, through DynamoDB"
    asked = {"KeyId": given, "PolicyName": "default"}
    text = look.cloud.call(Call("aws", "kms", "GetKeyPolicy", asked, look.target.region))["Policy"]
    if any(_lets_callers(one) for one in allowing(text)):
        return Outcome.PASS, f"{given} lets the account's principals in through DynamoDB"
    if look.parameters.get("readers_checked"):
        return Outcome.WARN, f"whoever uses the table without kms:Decrypt on {given} is refused from now on"
    return (
        Outcome.BLOCK,
        f"{given} does not let the users of the table in through DynamoDB, so they would be refused: let its policy "
        "do so, or see to each one's kms:Decrypt and say readers_checked=true",
    )


def _lets_callers(statement: dict[str, object]) -> bool:
    through = [
        value for _, key, values in conditions(statement) if key == "kms:viaservice" for value in values
    ]
    return (
        EVERYBODY in principals(statement)
        and allows(statement, "kms:Decrypt")
        and any(value.startswith("dynamodb.") for value in through)
    )


def scaling_bounds(look: Look) -> Verdict:
    """Says what the most units would cost, and names indexes that would still hold the table back."""
    draft = next((one for one in look.changes if one.setting == "aws.dynamodb.autoscaling"), None)
    if draft is None or draft.after is ABSENT:
        return Outcome.PASS, "capacity does not change"
    month = sum(
        int(at(draft.after, f"{which}.MaxCapacity") or 0) * _UNIT_HOUR[which] * _HOURS for which in DIMENSIONS
    )
    said = f"at most about {month:,.0f} USD a month, while the load asks for it (by the prices of us-east-1)"
    about = table_of(look.cloud, look.target)
    if about.get("TableStatus") not in {None, "ACTIVE", "UPDATING"}:
        return Outcome.BLOCK, f"the table is {about['TableStatus']}: nothing can be changed on it"
    indexes = [str(one["IndexName"]) for one in about.get("GlobalSecondaryIndexes") or []]
    if indexes:
        names = ", ".join(sorted(indexes))
        return (
            Outcome.WARN,
            f"{said}; its indexes {names} do not scale with it and refuse writes to the table when they are full: "
            "give them rules as well",
        )
    return (Outcome.WARN if month >= _WORTH_A_WORD else Outcome.PASS), said


def cache_snapshot_room(look: Look) -> Verdict:
    """Blocks node types that take no snapshots, and warns where one may take the memory that the cache needs."""
    found = look.read("aws.elasticache.snapshot-retention", look.target).identity
    node = str(found.get("CacheNodeType") or "")
    if node.startswith(_NO_SNAPSHOTS):
        return Outcome.BLOCK, f"ElastiCache takes no snapshots of {node}: move to a larger node type first"
    if node.startswith(_SMALL):
        return (
            Outcome.WARN,
            f"{node} is small: a snapshot needs memory beside the data, so see that reserved-memory-percent is 25 or "
            "more, and that the window is a quiet hour",
        )
    return Outcome.PASS, f"{node or 'the node type'} takes snapshots"


def tag_room(look: Look) -> Verdict:
    """Blocks where a resource has no room for one more tag, and warns where another plan takes it by the tag too."""
    draft = next((one for one in look.changes if one.setting.endswith("-in-plan")), None)
    if draft is None:
        return Outcome.PASS, "no tag is added"
    if len(draft.after["Tags"]) > _MOST_TAGS:
        return Outcome.BLOCK, f"it has {_MOST_TAGS} tags, and AWS takes no more: take one away first"
    also = sorted(set(draft.before["Plans"]))
    if also:
        return Outcome.WARN, f"{', '.join(also)} takes it already: it would be backed up twice"
    if parse(look.target.id) is None:
        return Outcome.WARN, f"{look.target.id} is no ARN, by which a plan takes resources"
    return Outcome.PASS, f"it has room for the tag ({len(draft.before['Tags'])} of {_MOST_TAGS})"


_MOST_TAGS: Final = 50
"""Tags of a resource (AWS, "Tag naming limits")."""

GUARDS = {
    "cost-of-size": cost_of_size,
    "table-key-readers": table_key_readers,
    "scaling-bounds": scaling_bounds,
    "cache-snapshot-room": cache_snapshot_room,
    "tag-room": tag_room,
}
CAUTIOUS = ("table-key-readers",)
