"""What becomes of a key that is there: who rules it, whether it is on, and whether it is about to be deleted.

With a key goes all that it encrypts, so a deletion waits 7 to 30 days, and can be cancelled until then
(KMS Developer Guide, "Deleting AWS KMS keys").
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Either, PolicyText, Read, Remove, Write, flag
from hipaa_tui.aws.kms.settings import GOING, Keys
from hipaa_tui.support.json_value import ABSENT, Json

LONGEST_WAIT: Final = 30
"""Days that KMS waits at most before it deletes a key."""


_DESCRIBED: Final = Read(
    *("kms", "DescribeKey", "KeyMetadata", {"KeyId": "{id}"}), gone=("NotFoundException",), empty="gone"
)
# Enabling and deletion go by the key's id, since not every server that speaks KMS takes an ARN there. The target is
# of the caller's own account.
_BY_ID: Final = {"KeyId": "{name}"}


class _OfKey(Declared):
    resource = Keys.name
    identity = {"KeyId": "{name}", "Arn": "{id}"}


class KeyPolicy(PolicyText, _OfKey):
    """The key's policy, word for word. KMS's own check against locking oneself out is never bypassed."""

    id = "aws.kms.key-policy"
    title = "Key policy"
    reading = Read(
        *("kms", "GetKeyPolicy", "Policy", {"KeyId": "{id}", "PolicyName": "default"}),
        gone=("NotFoundException",),
    )
    writing = Write("kms", "PutKeyPolicy", "Policy", {"KeyId": "{id}", "PolicyName": "default"})
    terraform = ("aws_kms_key",)


class KeyDeletion(_OfKey):
    """{"KeyState", "DeletionDate"?} of a key that is about to be deleted; ABSENT where it is not.

    A cancelled key is left disabled, which is how KMS leaves it: what it was before nobody can ask KMS. A
    deletion that is put back waits the longest that there is, from then on.
    """

    id = "aws.kms.deletion"
    title = "Scheduled deletion"
    reading = _DESCRIBED
    identity_when_gone = True
    writing = Write(
        *("kms", "ScheduleKeyDeletion"),
        arguments={**_BY_ID, "PendingWindowInDays": LONGEST_WAIT},
        sends=None,
    )
    removing = Remove("kms", "CancelKeyDeletion", arguments=_BY_ID)

    def value(self, found: Any) -> Json:
        if found.get("KeyState") not in GOING:
            return ABSENT
        return {key: found[key] for key in ("KeyState", "DeletionDate") if key in found}

    def canonical(self, value: Json) -> Json:
        return {"pending": True}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        if after is ABSENT:
            return ""
        return (
            f"{LONGEST_WAIT} days later KMS deletes the key, and all that it encrypts is lost for good; until then "
            "the deletion can be cancelled"
        )


class KeyEnabled(_OfKey):
    """{"Enabled": may the key be used}"""

    id = "aws.kms.enabled"
    title = "Key may be used"
    reading = _DESCRIBED
    fields = {"Enabled": flag("Enabled")}
    identity_when_gone = True
    writing = Either(
        lambda _before, after: bool(after["Enabled"]),
        then=Write("kms", "EnableKey", arguments=_BY_ID, sends=None),
        otherwise=Write("kms", "DisableKey", arguments=_BY_ID, sends=None),
    )
    terraform = ("aws_kms_key",)


SETTINGS = (KeyPolicy(), KeyDeletion(), KeyEnabled())
