"""Looks at buckets that logs are delivered to: they have rules of their own, and break silently."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hipaa_tui.aws.policies.principals import services
from hipaa_tui.aws.s3.settings import call
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, at

_BUCKET = "AWS::S3::Bucket"
_LOGGING = "aws.s3.bucket-logging"
_DELIVERY = "/groups/s3/LogDelivery"
_SHOWN = 5
_MOST_BUCKETS = 200
"""Buckets whose logging is looked at; an account can have thousands, and each is a call."""
_AT_ONCE = 8
_MOST_STEPS = 20


def not_a_log_target(look: Look) -> Verdict:
    """Blocks KMS where access logs arrive: S3 and load balancers deliver only to buckets with S3's own keys.

    (Amazon S3 User Guide, "Logging requests with server access logging"; Elastic Load Balancing, "Access
    logs for your Application Load Balancer".)
    """
    named = services(look.read("aws.s3.bucket-policy", look.target).value)
    balancers = [name for name in named if "elasticloadbalancing" in name]
    if balancers:
        return Outcome.BLOCK, "load balancers deliver their access logs here, which KMS would stop"
    granted = look.cloud.call(call(look.target, "GetBucketAcl")).get("Grants") or []
    by_acl = any(str(at(grant, "Grantee.URI") or "").endswith(_DELIVERY) for grant in granted)
    if "logging.s3.amazonaws.com" not in named and not by_acl:
        # S3 refuses a target that lets it in neither way, so nobody logs to this bucket.
        return Outcome.PASS, "no access logs can be delivered to it"
    sources, unseen = sources_of(look)
    if sources:
        more = f" and {len(sources) - _SHOWN} more" if len(sources) > _SHOWN else ""
        return (
            Outcome.BLOCK,
            f"access logs of {', '.join(sources[:_SHOWN])}{more} are delivered here, which KMS would stop",
        )
    more = f" ({unseen})" if unseen else ""
    return (
        Outcome.WARN,
        f"S3 may deliver access logs here, though no bucket that was looked at logs to it{more}",
    )


def sources_of(look: Look) -> tuple[list[str], str]:
    """(names of the account's other buckets that log to the finding's, what was not looked at or "")."""
    target = look.target
    # S3 delivers within a region only.
    near = [one for one in _buckets(look) if one.name != target.name and one.region == target.region]
    seen = near[:_MOST_BUCKETS]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        goes_to = pool.map(lambda one: at(look.read(_LOGGING, one).value, "TargetBucket"), seen)
        found = sorted(one.name for one, where in zip(seen, goes_to, strict=True) if where == target.name)
    if len(near) > _MOST_BUCKETS:
        return found, f"{_MOST_BUCKETS} of {len(near)} buckets were looked at"
    return found, ""


def _buckets(look: Look) -> Sequence[Target]:
    """The account's buckets, listed once for all targets of a plan."""
    target = look.target
    where = f"buckets|{target.partition}|{target.account}"
    if where not in look.memory:
        kind = resource_type(_BUCKET)
        look.memory[where] = kind.list(look.cloud, target.account, target.region, target.partition)
    found: Sequence[Target] = look.memory[where]
    return found


def log_bucket_ready(look: Look) -> Verdict:
    """Blocks a log bucket that S3 would not deliver to, or that would fill itself.

    The rules: Amazon S3 User Guide, "Enabling Amazon S3 server access logging".
    """
    name = str(look.arguments.get("bucket") or "")
    if name == look.target.name:
        return Outcome.BLOCK, "a bucket that logs to itself fills itself: name another one"
    found = resource_type(_BUCKET).target(
        name, look.target.account, look.target.region, look.target.partition
    )
    if found is None:
        return Outcome.BLOCK, f"{name} is no name of a bucket"
    if any(
        d.setting == "aws.s3.bucket" and d.target.key == found.key and d.before is ABSENT
        for d in look.changes
    ):
        return Outcome.PASS, f"{name} is made by this plan"
    try:
        bucket = look.read("aws.s3.bucket", found)
    except CloudError as error:
        if error.denied:
            return Outcome.BLOCK, f"{name} belongs to another account, or may not be looked at"
        raise
    if bucket.absent:
        return Outcome.BLOCK, f"there is no bucket {name}"
    if bucket.value["Region"] != look.target.region:
        return (
            Outcome.BLOCK,
            f"{name} is in {bucket.value['Region']} and {look.target.name} in {look.target.region}: "
            "S3 delivers within a region only",
        )
    rules = at(look.read("aws.s3.bucket-encryption", found).value, "Rules") or []
    if any(at(r, "ApplyServerSideEncryptionByDefault.SSEAlgorithm") != "AES256" for r in rules) and not any(
        d.setting == "aws.s3.bucket-encryption" and d.target.key == found.key for d in look.changes
    ):
        return (
            Outcome.BLOCK,
            f"{name} encrypts with KMS, and S3 delivers only to buckets that use its own keys",
        )
    way = _way(look, found)
    if way[-1] == look.target.name:
        return (
            Outcome.BLOCK,
            f"{' logs to '.join(way)}: each log file would make another one, so end that loop first",
        )
    if way[-1] in way[:-1]:
        return (
            Outcome.BLOCK,
            f"{' logs to '.join(way)} and fills itself: turn that off before more is logged there",
        )
    refused = _refused(look, found)
    if refused:
        return Outcome.BLOCK, refused
    if len(way) > 1:
        return Outcome.WARN, f"{' logs to '.join(way)}: each log file that is delivered is logged there again"
    return Outcome.PASS, f"{name} is in the same account and region, and takes deliveries"


def _way(look: Look, bucket: Target) -> list[str]:
    """Where the bucket's own logs go, and the logs of that one, up to the first that was met before."""
    way, here = [bucket.name], bucket
    while len(way) < _MOST_STEPS:
        following = str(at(look.read(_LOGGING, here).value, "TargetBucket") or "")
        if not following:
            return way
        way.append(following)
        after = resource_type(_BUCKET).target(following, here.account, here.region, here.partition)
        if following == look.target.name or following in way[:-1] or after is None:
            return way
        here = after
    return way


def _refused(look: Look, bucket: Target) -> str:
    """Why S3 would not deliver to the bucket, "" where nothing stands in the way."""
    if _asked(look, bucket, "GetBucketRequestPayment").get("Payer") == "Requester":
        return f"{bucket.name} makes requesters pay, and S3 delivers no logs to such a bucket"
    lock = _asked(look, bucket, "GetObjectLockConfiguration")
    if at(lock, "ObjectLockConfiguration.Rule.DefaultRetention"):
        return f"{bucket.name} locks new objects by default, and S3 does not deliver logs to such a bucket"
    return ""


def _asked(look: Look, bucket: Target, operation: str) -> dict[str, Any]:
    try:
        return look.cloud.call(call(bucket, operation))
    except CloudError as error:
        # One that an earlier change of the plan makes is not there yet.
        if error.code not in {"ObjectLockConfigurationNotFoundError", "NoSuchBucket"}:
            raise
        return {}


GUARDS = {"not-a-log-target": not_a_log_target, "log-bucket-ready": log_bucket_ready}
CAUTIOUS = ("not-a-log-target", "log-bucket-ready")
