"""Who may reach the bucket that a trail writes to: the finding names the trail, and what is changed is the bucket.

The bucket's name stands in each value, so that a trail which writes elsewhere by now is drift and not a change of
the wrong bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from hipaa_tui.aws.cloudtrail.settings import Trails, call
from hipaa_tui.aws.s3.access import Acl, without_public_grants
from hipaa_tui.aws.s3.settings import FLAGS, Bucket, Buckets, BucketSetting, PublicAccessBlock
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

_BUCKETS = Buckets()
_TRAIL = Operation("cloudtrail", "GetTrail")


class _OfBucket(Setting):
    """A setting of the trail's bucket. ABSENT where there is no such trail, or no such bucket."""

    resource = Trails.name
    settle_seconds = BucketSetting.settle_seconds
    inner: ClassVar[BucketSetting]

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            trail: Mapping[str, Any] = cloud.call(call(target, "GetTrail", Name=target.id))["Trail"]
        except CloudError as error:
            return absent_on(("TrailNotFoundException",), error)
        bucket = bucket_of(target, {"Bucket": trail.get("S3BucketName"), "Region": target.region})
        there = Bucket().read(cloud, bucket) if bucket is not None else Reading(ABSENT)
        if bucket is None or there.absent:
            return Reading(ABSENT)
        home = {"Bucket": bucket.name, "Region": there.value["Region"]}
        at_home = bucket_of(target, home)
        assert at_home is not None  # noqa: S101 - its name is one already
        found = self.inner.read(cloud, at_home)
        return Reading(
            {"Bucket": bucket.name, **self._value(found)}, {"Trail": target.id, "Arn": bucket.id, **home}
        )

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        bucket = bucket_of(target, before.identity)
        if before.absent or bucket is None or after is ABSENT:
            raise ValueError(f"the trail {target.name} or its bucket is gone: scan again")
        return self._calls(bucket, after)

    def canonical(self, value: Json) -> Json:
        return {"Bucket": value["Bucket"], "is": self._canonical(value)}

    def _value(self, found: Reading) -> dict[str, Json]:
        raise NotImplementedError

    def _calls(self, bucket: Target, after: Json) -> list[Call]:
        raise NotImplementedError

    def _canonical(self, value: Json) -> Json:
        raise NotImplementedError


def bucket_of(trail: Target, identity: Mapping[str, Json]) -> Target | None:
    """The trail's bucket, by what a reading says of it; None where that is no name of a bucket."""
    name, region = str(identity.get("Bucket") or ""), str(identity.get("Region") or trail.region)
    return _BUCKETS.target(name, trail.account, region, trail.partition)


class TrailBucketBlock(_OfBucket):
    """{"Bucket", "Configured": is there a block at all, "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", …}"""

    id = "aws.cloudtrail.bucket-public-access-block"
    title = "Public access block of the trail's bucket"
    reads = (_TRAIL, *Bucket.reads, *PublicAccessBlock.reads)
    writes = (*PublicAccessBlock.writes, *PublicAccessBlock.removes)
    terraform = ("aws_s3_bucket_public_access_block",)
    inner = PublicAccessBlock()

    def _value(self, found: Reading) -> dict[str, Json]:
        flags = found.value or {}
        return {"Configured": not found.absent, **{flag: bool(flags.get(flag)) for flag in FLAGS}}

    def _calls(self, bucket: Target, after: Json) -> list[Call]:
        if not after["Configured"]:
            return self.inner.remove(bucket, Reading({}))
        return self.inner.write(bucket, Reading({}), {flag: after[flag] for flag in FLAGS})

    def _canonical(self, value: Json) -> Json:
        return [bool(value.get(name)) for name in ("Configured", *FLAGS)]


class TrailBucketAcl(_OfBucket):
    """{"Bucket", "Owner": {"ID", …}, "Grants": [{"Grantee", "Permission"}]}"""

    id = "aws.cloudtrail.bucket-acl"
    title = "Access control list of the trail's bucket"
    reads = (_TRAIL, *Bucket.reads, *Acl.reads)
    writes = Acl.writes
    terraform = ("aws_s3_bucket_acl",)
    inner = Acl()

    def _value(self, found: Reading) -> dict[str, Json]:
        return dict(found.value)

    def _calls(self, bucket: Target, after: Json) -> list[Call]:
        given = {name: after[name] for name in ("Owner", "Grants")}
        return self.inner.write(bucket, Reading({}), given)

    def _canonical(self, value: Json) -> Json:
        return self.inner.canonical(value)


def trail_bucket_without_public_grants(current: Json, wanted: Json) -> Json:
    """The list without grants to everybody; every other grant stays."""
    return ABSENT if current is ABSENT else without_public_grants(current, wanted)


SETTINGS = (TrailBucketBlock(), TrailBucketAcl())
BUILDERS = {"trail_bucket_without_public_grants": trail_bucket_without_public_grants}
