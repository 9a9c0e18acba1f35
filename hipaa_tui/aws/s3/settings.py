"""S3 buckets: who can reach them, how they encrypt, where they log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, PolicyText, Read, Remove, Write, tags_of, text
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json

LONGEST_POLICY: Final = 20_480
"""Bytes of a bucket policy (Amazon S3 User Guide, "Bucket policies")."""
FLAGS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call about the bucket, in the bucket's region."""
    return Call("aws", "s3", operation, {"Bucket": target.name, **arguments}, target.region)


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("s3", name) for name in names)


_BUCKET: Final = {"Bucket": "{name}"}
_TAGS: Final = Read("s3", "GetBucketTagging", "TagSet", _BUCKET, absent=("NoSuchTagSet",))


class Buckets(ResourceType):
    name = "AWS::S3::Bucket"
    title = "S3 bucket"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = cloud.pages(Call("aws", "s3", "ListBuckets", {}, region), "Buckets")
        return [
            _bucket(
                str(one["Name"]),
                account,
                str(one.get("BucketRegion") or self._region(cloud, one, region)),
                partition,
            )
            for one in found
        ]

    def _region(self, cloud: Cloud, bucket: Mapping[str, Any], region: str) -> str:
        where = cloud.call(Call("aws", "s3", "GetBucketLocation", {"Bucket": bucket["Name"]}, region))
        # Two regions are older than the rule: no constraint is us-east-1, EU is eu-west-1.
        return {"": "us-east-1", "EU": "eu-west-1"}.get(
            place := str(where.get("LocationConstraint") or ""), place
        )

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = arn.resource if arn is not None else id
        if arn is not None and (arn.service != "s3" or arn.account or arn.region):
            return None
        if "/" in name or ":" in name or not 3 <= len(name) <= 63:
            return None
        return _bucket(name, account, region, arn.partition if arn else partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(_TAGS.ask(cloud, target))


def _bucket(name: str, account: str, region: str, partition: str) -> Target:
    where = "us-east-1" if region in ("", "global") else region
    return Target("aws", Buckets.name, account, where, f"arn:{partition}:s3:::{name}", name, partition)


class BucketSetting(Declared):
    """What the settings of a bucket have in common."""

    resource = Buckets.name
    settle_seconds = 20.0
    retry_codes: tuple[str, ...] = ("NoSuchBucket",)
    identity = {"Bucket": "{name}", "Arn": "{id}", "Region": "{region}"}
    known_before = True


class Bucket(BucketSetting):
    """The bucket itself: {"Region": where it is}."""

    id = "aws.s3.bucket"
    title = "Bucket"
    reads = _operations("HeadBucket")
    writes = _operations("CreateBucket")
    creates_resource = True
    kept_on_rollback = "a bucket that may hold logs is never deleted"
    retry_codes = ()
    terraform = ("aws_s3_bucket",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "HeadBucket"))
        except CloudError as error:
            return absent_on(("404", "NoSuchBucket"), error)
        return Reading({"Region": found.get("BucketRegion") or target.region}, self.identity_of(target, {}))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if not before.absent:
            raise ValueError(
                f"{target.name} is there already, in {before.value['Region']}: a bucket cannot move"
            )
        region = str(after["Region"])
        # us-east-1 is the one region that must not be named.
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        return [call(target, "CreateBucket", **where)]


class BucketEncryption(BucketSetting):
    """ServerSideEncryptionConfiguration: {"Rules": [{"ApplyServerSideEncryptionByDefault": …, "BucketKeyEnabled"}]}"""

    id = "aws.s3.bucket-encryption"
    title = "Default encryption"
    reading = Read(
        *("s3", "GetBucketEncryption", "ServerSideEncryptionConfiguration", _BUCKET),
        absent=("ServerSideEncryptionConfigurationNotFoundError",),
    )
    writing = Write("s3", "PutBucketEncryption", "ServerSideEncryptionConfiguration", _BUCKET)
    removing = Remove("s3", "DeleteBucketEncryption", arguments=_BUCKET)
    terraform = ("aws_s3_bucket_server_side_encryption_configuration",)

    def canonical(self, value: Json) -> Json:
        rules = []
        for rule in value.get("Rules", []):
            default = dict(rule.get("ApplyServerSideEncryptionByDefault") or {})
            kms = str(default.get("SSEAlgorithm", "")).startswith("aws:kms")
            # Without KMS a bucket key has no effect, and S3 may return either value.
            rules.append({"Default": default, "BucketKey": bool(rule.get("BucketKeyEnabled")) and kms})
        return {"Rules": rules}


class PublicAccessBlock(BucketSetting):
    """{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}: all booleans."""

    id = "aws.s3.public-access-block"
    title = "Public access block"
    reading = Read(
        *("s3", "GetPublicAccessBlock", "PublicAccessBlockConfiguration", _BUCKET),
        absent=("NoSuchPublicAccessBlockConfiguration",),
    )
    writing = Write("s3", "PutPublicAccessBlock", "PublicAccessBlockConfiguration", _BUCKET)
    removing = Remove("s3", "DeletePublicAccessBlock", arguments=_BUCKET)
    terraform = ("aws_s3_bucket_public_access_block",)

    def canonical(self, value: Json) -> Json:
        return {flag: bool(value.get(flag)) for flag in FLAGS}


class BucketPolicy(PolicyText, BucketSetting):
    """The policy's text, word for word."""

    id = "aws.s3.bucket-policy"
    title = "Bucket policy"
    reading = Read("s3", "GetBucketPolicy", "Policy", _BUCKET, absent=("NoSuchBucketPolicy",))
    writing = Write("s3", "PutBucketPolicy", "Policy", _BUCKET)
    removing = Remove("s3", "DeleteBucketPolicy", arguments=_BUCKET)
    terraform = ("aws_s3_bucket_policy",)


class BucketLogging(BucketSetting):
    """LoggingEnabled: {"TargetBucket", "TargetPrefix", "TargetGrants"?, "TargetObjectKeyFormat"?}"""

    id = "aws.s3.bucket-logging"
    title = "Server access logging"
    reading = Read("s3", "GetBucketLogging", "LoggingEnabled", _BUCKET)
    writing = Write("s3", "PutBucketLogging", "BucketLoggingStatus.LoggingEnabled", _BUCKET)
    removing = Remove("s3", "PutBucketLogging", arguments={**_BUCKET, "BucketLoggingStatus": {}})
    retry_codes = ("NoSuchBucket", "InvalidTargetBucketForLogging")
    terraform = ("aws_s3_bucket_logging",)

    def canonical(self, value: Json) -> Json:
        return {
            "TargetPrefix": "",
            **{key: item for key, item in value.items() if item not in (None, [], {})},
        }


class BucketVersioning(BucketSetting):
    """{"Status": "Enabled" or "Suspended"}, ABSENT where versioning was never on."""

    id = "aws.s3.bucket-versioning"
    title = "Versioning"
    reading = Read("s3", "GetBucketVersioning", arguments=_BUCKET)
    fields = {"Status": text("Status", None)}
    identity_fields = {"MFADelete": text("MFADelete", "Disabled")}
    writing = Write("s3", "PutBucketVersioning", "VersioningConfiguration", _BUCKET, sends=("Status",))
    kept_on_rollback = "versioning can be suspended by hand, but a bucket never goes back to having none"
    terraform = ("aws_s3_bucket_versioning",)

    def value(self, found: Any) -> Json:
        return super().value(found) or ABSENT


def with_statement(current: Json, wanted: Json) -> Json:
    """The bucket policy with one more statement (or several); the rest stays as it stands."""
    return documents.with_statements(current, wanted, longest=LONGEST_POLICY)


RESOURCE_TYPES = (Buckets(),)
SETTINGS = (
    Bucket(),
    BucketEncryption(),
    PublicAccessBlock(),
    BucketPolicy(),
    BucketLogging(),
    BucketVersioning(),
)
BUILDERS = {"with_statement": with_statement}
