"""Checks that CloudTrail and the trail's readers could use a KMS key before the trail is encrypted with it."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.cloudtrail.guards import about as trail_of
from hipaa_tui.aws.cloudtrail.key import missing
from hipaa_tui.aws.kms.guards_policy import OWN_KEY, POLICY, policy_text
from hipaa_tui.aws.policies.principals import accounts
from hipaa_tui.aws.s3.guards import then
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, Json, at, compact, reference_of

_TRAIL_KEY: Final = "aws.cloudtrail.encryption-key"


def trail_key_usable(context: GuardContext) -> Verdict:
    """Blocks a key with which CloudTrail could not deliver, and names the statements that its policy lacks.

    Warns of accounts that may read the bucket but not decrypt with the key.
    """
    draft = next((change for change in context.changes if change.setting == _TRAIL_KEY), None)
    if draft is None or not at(draft.after, "KmsKeyId"):
        return Outcome.PASS, "no key is set"
    bucket = str(trail_of(context).get("S3BucketName") or "")
    target = resource_type("AWS::S3::Bucket").target(bucket, context.target.account, context.target.region)
    region = _region(context, target) if target is not None else ""
    key = draft.after["KmsKeyId"]
    if reference_of(key) is not None:
        if region and region != context.target.region:
            return (
                Outcome.BLOCK,
                f"the key would be created in {context.target.region}, and the trail's bucket {bucket} is in "
                f"{region}: name a key of that region",
            )
        return _granted(
            context, _planned_text(context, None), bucket, region, "the key that this plan creates"
        )
    arn = parse(str(key))
    if arn is None:
        return Outcome.BLOCK, f"{key} is not the ARN of a key"
    if region and arn.region != region:
        return (
            Outcome.BLOCK,
            f"{key} is in {arn.region}, and the trail's bucket {bucket} in {region}: name a key of that region",
        )
    metadata = context.cloud.call(Call("aws", "kms", "DescribeKey", {"KeyId": key}, arn.region))[
        "KeyMetadata"
    ]
    if metadata.get("KeyState") != "Enabled":
        return Outcome.BLOCK, f"{key} is {metadata.get('KeyState')}: CloudTrail could not deliver log files"
    spec = metadata.get("KeySpec", "SYMMETRIC_DEFAULT")
    if spec != "SYMMETRIC_DEFAULT" or (metadata.get("KeyUsage") or "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        return Outcome.BLOCK, f"{key} is a {spec} key: CloudTrail needs a symmetric encryption key"
    text = _planned_text(context, str(key))
    if text is ABSENT:
        query = {"KeyId": key, "PolicyName": "default"}
        text = context.cloud.call(Call("aws", "kms", "GetKeyPolicy", query, arn.region))["Policy"]
    return _granted(context, text, bucket, region, str(key))


def _granted(context: GuardContext, text: Json, bucket: str, region: str, key: str) -> Verdict:
    missing_statements = missing(text, context.target.id, bucket_key=_bucket_key(context, bucket, region))
    if missing_statements:
        added = ", ".join(compact(statement) for statement in missing_statements)
        return (
            Outcome.BLOCK,
            f"the policy of {key} does not let CloudTrail use it for this trail, so nothing would be delivered: "
            f"add {added}",
        )
    readers = _readers(context, bucket, region)
    unheard = [reader for reader in readers if reader not in accounts(text)]
    if unheard:
        return (
            Outcome.WARN,
            f"{', '.join(unheard)} may read {bucket}, but the policy of {key} does not let them decrypt: they "
            "could not read new log files",
        )
    return (
        Outcome.PASS,
        f"{key} is enabled, in the bucket's region, and its policy lets CloudTrail use it for this trail",
    )


def _planned_text(context: GuardContext, key: str | None) -> Json:
    """Returns the key policy once the plan is applied: of `key`, or of the key that the plan creates (None)."""
    if key is None:
        alias, t = str(context.arguments.get("own_key") or ""), context.target
        own = Target(t.provider, "AWS::KMS::Key", t.account, t.region, alias, alias, t.partition)
        return policy_text(then(context, OWN_KEY, own))
    planned = [d.after for d in context.changes if d.setting == POLICY and d.target.id == key]
    return planned[-1] if planned else ABSENT


def _region(context: GuardContext, bucket: Target) -> str:
    reading = context.read("aws.s3.bucket", bucket)
    return "" if reading.absent else str(reading.value["Region"])


def _bucket_key(context: GuardContext, bucket: str, region: str) -> bool:
    encryption = _of_bucket(context, bucket, region, "aws.s3.bucket-encryption")
    return any(bool(rule.get("BucketKeyEnabled")) for rule in at(encryption, "Rules") or [])


def _readers(context: GuardContext, bucket: str, region: str) -> list[str]:
    readers = accounts(_of_bucket(context, bucket, region, "aws.s3.bucket-policy"))
    return [reader for reader in readers if reader not in {context.target.account, "cloudfront"}]


def _of_bucket(context: GuardContext, bucket: str, region: str, setting: str) -> Json:
    """Reads a setting of the trail's bucket; ABSENT where another account owns it and it may not be read."""
    target = context.target
    where = resource_type("AWS::S3::Bucket").target(
        bucket, target.account, region or target.region, target.partition
    )
    if where is None:
        return ABSENT
    try:
        return context.read(setting, where).value
    except CloudError as error:
        if error.denied or error.code == "NoSuchBucket":
            return ABSENT
        raise


GUARDS = {"trail-key-usable": trail_key_usable}
BLOCK_ON_ERROR = ("trail-key-usable",)
