"""What becomes of a key that is there: who rules it, whether it is on, and whether it is about to be deleted.

With a key goes all that it encrypts, so a deletion waits 7 to 30 days, and can be cancelled until then
(KMS Developer Guide, "Deleting AWS KMS keys").
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.kms.settings import GOING, Keys, call
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

LONGEST_WAIT: Final = 30
"""Days that KMS waits at most before it deletes a key."""


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("kms", name) for name in names)


def _about(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The key's metadata; empty where there is no such key."""
    try:
        found = cloud.call(call(target, "DescribeKey", KeyId=target.id))["KeyMetadata"]
    except CloudError as error:
        absent_on(("NotFoundException",), error)
        return {}
    return dict(found)


class KeyPolicy(Setting):
    """The key's policy, word for word. KMS's own check against locking oneself out is never bypassed."""

    id = "aws.kms.key-policy"
    title = "Key policy"
    resource = Keys.name
    reads = _operations("GetKeyPolicy")
    writes = _operations("PutKeyPolicy")
    terraform = ("aws_kms_key_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "GetKeyPolicy", KeyId=target.id, PolicyName="default"))
        except CloudError as error:
            return absent_on(("NotFoundException",), error)
        return Reading(str(found["Policy"]), {"KeyId": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "PutKeyPolicy", KeyId=target.id, PolicyName="default", Policy=after)]

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value)

    def display(self, value: Json) -> Json:
        return documents.parsed(value)


class KeyDeletion(Setting):
    """{"KeyState", "DeletionDate"?} of a key that is about to be deleted; ABSENT where it is not.

    A cancelled key is left disabled, which is how KMS leaves it: what it was before nobody can ask KMS. A
    deletion that is put back waits the longest that there is, from then on.
    """

    id = "aws.kms.deletion"
    title = "Scheduled deletion"
    resource = Keys.name
    reads = _operations("DescribeKey")
    writes = _operations("ScheduleKeyDeletion")
    removes = _operations("CancelKeyDeletion")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = _about(cloud, target)
        identity = {"KeyId": target.name, "Arn": target.id}
        if about.get("KeyState") not in GOING:
            return Reading(ABSENT, identity)
        return Reading({key: about[key] for key in ("KeyState", "DeletionDate") if key in about}, identity)

    # By the key's id, since not every server that speaks KMS takes an ARN here; a target is of its own account.
    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        days = LONGEST_WAIT
        return [call(target, "ScheduleKeyDeletion", KeyId=target.name, PendingWindowInDays=days)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "CancelKeyDeletion", KeyId=target.name)]

    def canonical(self, value: Json) -> Json:
        return {"pending": True}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        if after is ABSENT:
            return ""
        return (
            f"{LONGEST_WAIT} days later KMS deletes the key, and all that it encrypts is lost for good; until then "
            "the deletion can be cancelled"
        )


class KeyEnabled(Setting):
    """{"Enabled": may the key be used}"""

    id = "aws.kms.enabled"
    title = "Key may be used"
    resource = Keys.name
    reads = _operations("DescribeKey")
    writes = _operations("EnableKey", "DisableKey")
    terraform = ("aws_kms_key",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = _about(cloud, target)
        identity = {"KeyId": target.name, "Arn": target.id}
        return Reading({"Enabled": bool(about.get("Enabled"))} if about else ABSENT, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        operation = "EnableKey" if after["Enabled"] else "DisableKey"
        return [call(target, operation, KeyId=target.name)]


SETTINGS = (KeyPolicy(), KeyDeletion(), KeyEnabled())
