"""The key that a trail's files are encrypted with, and the statements that let CloudTrail use it.

(AWS CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail".)
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.aws.cloudtrail.settings import Trails
from hipaa_tui.aws.declared import Declared, Read, Write, text
from hipaa_tui.aws.kms.settings import LONGEST_POLICY, own_key
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import allows, conditions, services
from hipaa_tui.providers.model import Call, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

SERVICE: Final = "cloudtrail.amazonaws.com"
CONTEXT: Final = "kms:encryptioncontext:aws:cloudtrail:arn"
_NEEDED: Final = {
    "kms:GenerateDataKey*": ("CloudTrailEncrypts", "kms:GenerateDataKey"),
    "kms:DescribeKey": ("CloudTrailLooksAtTheKey", "kms:DescribeKey"),
    "kms:Decrypt": ("CloudTrailUsesTheBucketKey", "kms:Decrypt"),
}
"""Action of a statement → its Sid, and the action that it has to allow."""


class EncryptionKey(Declared):
    """{"KmsKeyId": ARN of the key}, "" where S3's own key encrypts the trail's files."""

    id = "aws.cloudtrail.encryption-key"
    title = "Key of the trail's files"
    resource = Trails.name
    reading = Read(*("cloudtrail", "GetTrail", "Trail", {"Name": "{id}"}), gone=("TrailNotFoundException",))
    fields = {"KmsKeyId": text("KmsKeyId")}
    identity = {"Arn": "{id}"}
    writing = Write("cloudtrail", "UpdateTrail", arguments={"Name": "{id}"}, sends=("KmsKeyId",))
    settle_seconds = 60.0
    retry_codes = ("InsufficientEncryptionPolicyException", "KmsKeyNotFoundException")
    terraform = ("aws_cloudtrail",)

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        named = {name: found.get(name) for name in ("Name", "S3BucketName")}
        return {**super().identity_of(target, found), **named}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            raise ValueError(f"there is no trail {target.name}: it has been deleted since the report")
        return super().write(target, before, after)


def grants(trail: str, *, bucket_key: bool = False) -> list[dict[str, Json]]:
    """The statements of a key's policy that a trail needs; a pattern is for several.

    A bucket with an S3 bucket key needs one more.
    """
    account, partition = trail.split(":")[4], trail.split(":")[1]
    wanted = [action for action in _NEEDED if bucket_key or action != "kms:Decrypt"]
    context = {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:{partition}:cloudtrail:*:{account}:trail/*"}
    made = []
    for action in wanted:
        statement: dict[str, Json] = {
            "Sid": _NEEDED[action][0],
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": action,
            "Resource": "*",
            "Condition": {"ArnLike": {"aws:SourceArn": trail}},
        }
        if action == "kms:GenerateDataKey*":
            statement["Condition"] = {"ArnLike": {"aws:SourceArn": trail}, "StringLike": context}
        made.append(statement)
    return made


def missing(text: Json, trail: str, *, bucket_key: bool = False) -> list[dict[str, Json]]:
    """Those of the statements that the key's policy lacks, in whatever words they may stand there."""
    have = services(text).get(SERVICE, [])
    return [
        one
        for one in grants(trail, bucket_key=bucket_key)
        if not any(
            allows(other, _NEEDED[str(one["Action"])][1]) and _for_trail(other, trail) for other in have
        )
    ]


def _for_trail(statement: Mapping[str, Any], trail: str) -> bool:
    """Do the statement's conditions hold for this trail? One that is not known here does not."""
    account = trail.split(":")[4]
    for operator, key, values in conditions(statement):
        if "not" in operator.lower():
            return False
        if key in {"aws:sourcearn", CONTEXT}:
            if not any(fnmatchcase(trail, one) for one in values):
                return False
        elif key != "aws:sourceaccount" or account not in values:
            return False
    return True


def with_trail_grant(current: Json, wanted: Json) -> Json:
    """The key's policy with what the trail lacks. `wanted` is {"trail": its ARN, "bucket_key": bool}."""
    if current is ABSENT:
        raise ValueError("there is no such key")
    lacking = missing(current, str(wanted["trail"]), bucket_key=bool(wanted.get("bucket_key")))
    return documents.with_statements(current, lacking, longest=LONGEST_POLICY) if lacking else current


def trail_key(current: Json, wanted: Json) -> Json:
    """A key of ours that lets in every trail of the account; `wanted` is what `own_key` takes."""
    made = own_key(current, wanted)
    trails = f"arn:{wanted['partition']}:cloudtrail:*:{wanted['account']}:trail/*"
    return {**made, "Policy": with_trail_grant(made["Policy"], {"trail": trails, "bucket_key": True})}


SETTINGS = (EncryptionKey(),)
BUILDERS = {"with_trail_grant": with_trail_grant, "trail_key": trail_key}
