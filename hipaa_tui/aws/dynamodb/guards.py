"""Checks before a DynamoDB table changes: who can use its new key, and what its capacity can cost."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.dynamodb.capacity import DIMENSIONS
from hipaa_tui.aws.dynamodb.settings import table_of
from hipaa_tui.aws.policies.principals import EVERYBODY, allowing, allows, conditions, principals
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT, at

_WORTH_A_WORD: Final = 50
"""USD a month from which a cost is a warning."""
_HOURS: Final = 730
_UNIT_HOUR: Final = {"Read": 0.00013, "Write": 0.00065}
"""USD a unit and hour of provisioned capacity in us-east-1 (Amazon DynamoDB pricing)."""


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


GUARDS = {
    "table-key-readers": table_key_readers,
    "scaling-bounds": scaling_bounds,
}
CAUTIOUS = ("table-key-readers",)
