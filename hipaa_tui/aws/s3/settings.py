"""S3 buckets: who can reach them, how they encrypt, where they log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
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


class Buckets(ResourceType):
    name = "AWS::S3::Bucket"
    title = "S3 bucket"
    regional = False
    lists = _operations("ListBuckets", "GetBucketLocation")

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
        try:
            found = cloud.call(call(target, "GetBucketTagging"))
        except CloudError as error:
            if error.code == "NoSuchTagSet":
                return {}
            raise
        return {str(tag["Key"]): str(tag["Value"]) for tag in found.get("TagSet", [])}


def _bucket(name: str, account: str, region: str, partition: str) -> Target:
    where = "us-east-1" if region in ("", "global") else region
    return Target("aws", Buckets.name, account, where, f"arn:{partition}:s3:::{name}", name, partition)


class BucketSetting(Setting):
    """What the settings of a bucket have in common."""

    resource = Buckets.name
    settle_seconds = 20.0
    retry_codes: tuple[str, ...] = ("NoSuchBucket",)

    def identity(self, target: Target) -> dict[str, Json]:
        return {"Bucket": target.name, "Arn": target.id, "Region": target.region}

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return self.identity(target)


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
        return Reading({"Region": found.get("BucketRegion") or target.region}, self.identity(target))

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
    reads = _operations("GetBucketEncryption")
    writes = _operations("PutBucketEncryption")
    removes = _operations("DeleteBucketEncryption")
    terraform = ("aws_s3_bucket_server_side_encryption_configuration",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "GetBucketEncryption"))
        except CloudError as error:
            gone = absent_on(("ServerSideEncryptionConfigurationNotFoundError",), error)
            return Reading(gone.value, self.identity(target))
        return Reading(found["ServerSideEncryptionConfiguration"], self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "PutBucketEncryption", ServerSideEncryptionConfiguration=after)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "DeleteBucketEncryption")]

    def canonical(self, value: Json) -> Json:
        rules = []
        for rule in value.get("Rules", []):
            default = dict(rule.get("ApplyServerSideEncryptionByDefault") or {})
            kms = str(default.get("SSEAlgorithm", "")).startswith("aws:kms")
            # Without KMS a bucket key means nothing, and the service answers either way.
            rules.append({"Default": default, "BucketKey": bool(rule.get("BucketKeyEnabled")) and kms})
        return {"Rules": rules}


class PublicAccessBlock(BucketSetting):
    """{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}: all booleans."""

    id = "aws.s3.public-access-block"
    title = "Public access block"
    reads = _operations("GetPublicAccessBlock")
    writes = _operations("PutPublicAccessBlock")
    removes = _operations("DeletePublicAccessBlock")
    terraform = ("aws_s3_bucket_public_access_block",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "GetPublicAccessBlock"))
        except CloudError as error:
            gone = absent_on(("NoSuchPublicAccessBlockConfiguration",), error)
            return Reading(gone.value, self.identity(target))
        return Reading(found["PublicAccessBlockConfiguration"], self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "PutPublicAccessBlock", PublicAccessBlockConfiguration=after)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "DeletePublicAccessBlock")]

    def canonical(self, value: Json) -> Json:
        return {flag: bool(value.get(flag)) for flag in FLAGS}


class BucketPolicy(BucketSetting):
    """The policy's text, word for word."""

    id = "aws.s3.bucket-policy"
    title = "Bucket policy"
    reads = _operations("GetBucketPolicy")
    writes = _operations("PutBucketPolicy")
    removes = _operations("DeleteBucketPolicy")
    terraform = ("aws_s3_bucket_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "GetBucketPolicy"))
        except CloudError as error:
            gone = absent_on(("NoSuchBucketPolicy",), error)
            return Reading(gone.value, self.identity(target))
        return Reading(str(found["Policy"]), self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "PutBucketPolicy", Policy=after)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "DeleteBucketPolicy")]

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value)

    def display(self, value: Json) -> Json:
        return documents.parsed(value)


class BucketLogging(BucketSetting):
    """LoggingEnabled: {"TargetBucket", "TargetPrefix", "TargetGrants"?, "TargetObjectKeyFormat"?}"""

    id = "aws.s3.bucket-logging"
    title = "Server access logging"
    reads = _operations("GetBucketLogging")
    writes = _operations("PutBucketLogging")
    removes = _operations("PutBucketLogging")
    retry_codes = ("NoSuchBucket", "InvalidTargetBucketForLogging")
    terraform = ("aws_s3_bucket_logging",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = cloud.call(call(target, "GetBucketLogging"))
        return Reading(found.get("LoggingEnabled") or ABSENT, self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "PutBucketLogging", BucketLoggingStatus={"LoggingEnabled": after})]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "PutBucketLogging", BucketLoggingStatus={})]

    def canonical(self, value: Json) -> Json:
        return {
            "TargetPrefix": "",
            **{key: item for key, item in value.items() if item not in (None, [], {})},
        }


class BucketVersioning(BucketSetting):
    """{"Status": "Enabled" or "Suspended"}, ABSENT where versioning was never on."""

    id = "aws.s3.bucket-versioning"
    title = "Versioning"
    reads = _operations("GetBucketVersioning")
    writes = _operations("PutBucketVersioning")
    kept_on_rollback = "versioning can be suspended by hand, but a bucket never goes back to having none"
    terraform = ("aws_s3_bucket_versioning",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = cloud.call(call(target, "GetBucketVersioning"))
        value = {"Status": found["Status"]} if found.get("Status") else ABSENT
        return Reading(value, {**self.identity(target), "MFADelete": found.get("MFADelete", "Disabled")})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "PutBucketVersioning", VersioningConfiguration={"Status": after["Status"]})]


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
