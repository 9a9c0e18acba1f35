"""Checks before a DynamoDB table changes: who can use its new KMS key, and what its capacity can cost."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.dynamodb.capacity import DIMENSIONS
from hipaa_tui.aws.dynamodb.settings import table_of
from hipaa_tui.aws.policies.principals import EVERYBODY, allowing, allows, conditions, principals
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT, at

_NOTABLE: Final = 50
"""USD a month from which a cost is a warning."""
_HOURS: Final = 730
_UNIT_HOUR: Final = {"Read": 0.00013, "Write": 0.00065}
"""USD a unit and hour of provisioned capacity in us-east-1 (Amazon DynamoDB pricing)."""


def table_key_readers(context: GuardContext) -> Verdict:
    """Blocks a customer managed key that the table's users cannot use through DynamoDB, and a key already lost.

    With readers_checked, the operator says that the users' own permissions suffice, and the guard only warns.
    """
    table = table_of(context.cloud, context.target)
    if regions := sorted(str(replica.get("RegionName")) for replica in table.get("Replicas") or []):
        return (
            Outcome.BLOCK,
            f"the table has replicas in {', '.join(regions)}, and each needs a key of its own region: change them "
            "together by hand",
        )
    encryption = table.get("SSEDescription") or {}
    if encryption.get("InaccessibleEncryptionDateTime"):
        return (
            Outcome.BLOCK,
            f"DynamoDB cannot use the table's key since {encryption['InaccessibleEncryptionDateTime']}: restore access "
            "to that key first, or the data is lost",
        )
    key = str(context.parameters.get("kms_key") or "")
    if not key:
        return Outcome.PASS, "the key policy lets the table's users use the key through DynamoDB"
    query = {"KeyId": key, "PolicyName": "default"}
    text = context.cloud.call(Call("aws", "kms", "GetKeyPolicy", query, context.target.region))["Policy"]
    if any(_lets_callers(statement) for statement in allowing(text)):
        return Outcome.PASS, f"{key} lets the account's principals use it through DynamoDB"
    if context.parameters.get("readers_checked"):
        return Outcome.WARN, f"users of the table without kms:Decrypt on {key} will be refused"
    return (
        Outcome.BLOCK,
        f"{key} does not let the table's users use it through DynamoDB, so they would be refused: grant that in "
        "the key policy, or check each user's kms:Decrypt and set readers_checked=true",
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


def scaling_bounds(context: GuardContext) -> Verdict:
    """Passes or warns with the cost at maximum capacity; warns of indexes that do not scale with the table.

    Blocks while the table is being created or deleted.
    """
    draft = next((change for change in context.changes if change.setting == "aws.dynamodb.autoscaling"), None)
    if draft is None or draft.after is ABSENT:
        return Outcome.PASS, "capacity does not change"
    month = sum(
        int(at(draft.after, f"{which}.MaxCapacity") or 0) * _UNIT_HOUR[which] * _HOURS for which in DIMENSIONS
    )
    cost = f"at most about {month:,.0f} USD a month, while traffic requires it (us-east-1 prices)"
    table = table_of(context.cloud, context.target)
    if table.get("TableStatus") not in {None, "ACTIVE", "UPDATING"}:
        return (
            Outcome.BLOCK,
            f"the table is {table['TableStatus']} and cannot be changed: wait until it is ACTIVE",
        )
    indexes = [str(index["IndexName"]) for index in table.get("GlobalSecondaryIndexes") or []]
    if indexes:
        names = ", ".join(sorted(indexes))
        return (
            Outcome.WARN,
            f"{cost}; its indexes {names} do not scale with it, and writes to the table are throttled when they "
            "reach their capacity: add auto scaling to them as well",
        )
    return (Outcome.WARN if month >= _NOTABLE else Outcome.PASS), cost


GUARDS = {
    "table-key-readers": table_key_readers,
    "scaling-bounds": scaling_bounds,
}
BLOCK_ON_ERROR = ("table-key-readers",)
