"""Checks that access logs can be delivered to a bucket: when S3 cannot deliver, it drops them without an error."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hipaa_tui.aws.policies.principals import services
from hipaa_tui.aws.s3.settings import call
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, at

_BUCKET = "AWS::S3::Bucket"
_LOGGING = "aws.s3.bucket-logging"
_DELIVERY = "/groups/s3/LogDelivery"
_SHOWN = 5
_MOST_BUCKETS = 200
"""Maximum number of buckets whose logging is read: an account can have thousands, and each takes a call."""
_AT_ONCE = 8
_MOST_STEPS = 20


def not_a_log_target(context: GuardContext) -> Verdict:
    """Blocks SSE-KMS on a bucket that receives access logs: S3 and load balancers deliver only to SSE-S3 buckets.

    Warns when S3 may deliver here but no bucket is known to log to it.

    (Amazon S3 User Guide, "Logging requests with server access logging"; Elastic Load Balancing, "Access
    logs for your Application Load Balancer".)
    """
    principals = services(context.read("aws.s3.bucket-policy", context.target).value)
    balancers = [principal for principal in principals if "elasticloadbalancing" in principal]
    if balancers:
        return (
            Outcome.BLOCK,
            "load balancers deliver their access logs to this bucket, and SSE-KMS would stop that",
        )
    grants = context.cloud.call(call(context.target, "GetBucketAcl")).get("Grants") or []
    by_acl = any(str(at(grant, "Grantee.URI") or "").endswith(_DELIVERY) for grant in grants)
    if "logging.s3.amazonaws.com" not in principals and not by_acl:
        # S3 refuses a target bucket that grants access by neither policy nor ACL, so nothing logs to this bucket.
        return Outcome.PASS, "neither its policy nor its ACL lets S3 deliver access logs to this bucket"
    sources, unseen = sources_of(context)
    if sources:
        more = f" and {len(sources) - _SHOWN} more" if len(sources) > _SHOWN else ""
        return (
            Outcome.BLOCK,
            f"the access logs of {', '.join(sources[:_SHOWN])}{more} are delivered to this bucket, and SSE-KMS would "
            "stop that",
        )
    more = f" ({unseen})" if unseen else ""
    return (
        Outcome.WARN,
        f"S3 may deliver access logs to this bucket, although no checked bucket logs to it{more}",
    )


def sources_of(context: GuardContext) -> tuple[list[str], str]:
    """(names of the account's other buckets that log to the finding's; which were not checked, or "")."""
    target = context.target
    # S3 delivers within a region only.
    near = [
        bucket
        for bucket in _buckets(context)
        if bucket.name != target.name and bucket.region == target.region
    ]
    checked = near[:_MOST_BUCKETS]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        logs_to = pool.map(lambda bucket: at(context.read(_LOGGING, bucket).value, "TargetBucket"), checked)
        sources = sorted(
            bucket.name
            for bucket, log_bucket in zip(checked, logs_to, strict=True)
            if log_bucket == target.name
        )
    if len(near) > _MOST_BUCKETS:
        return sources, f"only {_MOST_BUCKETS} of {len(near)} buckets were checked"
    return sources, ""


def _buckets(context: GuardContext) -> Sequence[Target]:
    """The account's buckets, listed once per plan."""
    target = context.target
    key = f"buckets|{target.partition}|{target.account}"
    if key not in context.memory:
        kind = resource_type(_BUCKET)
        context.memory[key] = kind.list(context.cloud, target.account, target.region, target.partition)
    buckets: Sequence[Target] = context.memory[key]
    return buckets


def log_bucket_ready(context: GuardContext) -> Verdict:
    """Blocks a log bucket that S3 would not deliver to, or whose access logs would loop; warns of a logging chain.

    The rules: Amazon S3 User Guide, "Enabling Amazon S3 server access logging".
    """
    name = str(context.arguments.get("bucket") or "")
    if name == context.target.name:
        return (
            Outcome.BLOCK,
            "a bucket that logs to itself logs every delivery again, without end: name another bucket",
        )
    log_bucket = resource_type(_BUCKET).target(
        name, context.target.account, context.target.region, context.target.partition
    )
    if log_bucket is None:
        return Outcome.BLOCK, f"{name} is not a valid bucket name"
    if any(
        d.setting == "aws.s3.bucket" and d.target.key == log_bucket.key and d.before is ABSENT
        for d in context.changes
    ):
        return Outcome.PASS, f"this plan creates {name}"
    try:
        bucket = context.read("aws.s3.bucket", log_bucket)
    except CloudError as error:
        if error.denied:
            return (
                Outcome.BLOCK,
                f"access to {name} was denied: it belongs to another account, or you lack the permission",
            )
        raise
    if bucket.absent:
        return Outcome.BLOCK, f"the bucket {name} does not exist"
    if bucket.value["Region"] != context.target.region:
        return (
            Outcome.BLOCK,
            f"{name} is in {bucket.value['Region']} and {context.target.name} in {context.target.region}: "
            "S3 delivers within a region only",
        )
    rules = at(context.read("aws.s3.bucket-encryption", log_bucket).value, "Rules") or []
    if any(at(r, "ApplyServerSideEncryptionByDefault.SSEAlgorithm") != "AES256" for r in rules) and not any(
        d.setting == "aws.s3.bucket-encryption" and d.target.key == log_bucket.key for d in context.changes
    ):
        return (
            Outcome.BLOCK,
            f"{name} uses SSE-KMS, and S3 delivers access logs only to buckets with SSE-S3",
        )
    chain = _chain(context, log_bucket)
    if chain[-1] == context.target.name:
        return (
            Outcome.BLOCK,
            f"{' logs to '.join(chain)}: each log file would create another one, so break that loop first",
        )
    if chain[-1] in chain[:-1]:
        return (
            Outcome.BLOCK,
            f"{' logs to '.join(chain)}, which is a loop: turn that logging off before more is logged there",
        )
    refused = _refused(context, log_bucket)
    if refused:
        return Outcome.BLOCK, refused
    if len(chain) > 1:
        return Outcome.WARN, f"{' logs to '.join(chain)}: each delivered log file is logged there again"
    return Outcome.PASS, f"{name} is in the same account and region, and S3 can deliver to it"


def _chain(context: GuardContext, bucket: Target) -> list[str]:
    """The chain of target buckets from this one on, up to the first that repeats."""
    chain, current = [bucket.name], bucket
    while len(chain) < _MOST_STEPS:
        following = str(at(context.read(_LOGGING, current).value, "TargetBucket") or "")
        if not following:
            return chain
        chain.append(following)
        target = resource_type(_BUCKET).target(following, current.account, current.region, current.partition)
        if following == context.target.name or following in chain[:-1] or target is None:
            return chain
        current = target
    return chain


def _refused(context: GuardContext, bucket: Target) -> str:
    """Why S3 would not deliver to the bucket; "" when it would."""
    if _answer(context, bucket, "GetBucketRequestPayment").get("Payer") == "Requester":
        return f"{bucket.name} has Requester Pays enabled, and S3 delivers no logs to such a bucket"
    lock = _answer(context, bucket, "GetObjectLockConfiguration")
    if at(lock, "ObjectLockConfiguration.Rule.DefaultRetention"):
        return f"{bucket.name} has a default Object Lock retention, and S3 does not deliver logs to such a bucket"
    return ""


def _answer(context: GuardContext, bucket: Target, operation: str) -> dict[str, Any]:
    try:
        return context.cloud.call(call(bucket, operation))
    except CloudError as error:
        # A bucket that an earlier change of the plan creates does not exist yet.
        if error.code not in {"ObjectLockConfigurationNotFoundError", "NoSuchBucket"}:
            raise
        return {}


GUARDS = {"not-a-log-target": not_a_log_target, "log-bucket-ready": log_bucket_ready}
BLOCK_ON_ERROR = ("not-a-log-target", "log-bucket-ready")
