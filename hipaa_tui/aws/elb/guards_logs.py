"""Checks that a bucket can receive load balancer logs: region, encryption, requester pays, bucket policy."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.elb import settings as elb
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.aws.s3.settings import call
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, at

_BUCKET: Final = "AWS::S3::Bucket"
_NEVER_A_DELIVERY: Final = frozenset({"aws:securetransport", "s3:tlsversion"})
"""Condition keys of a Deny that never match a delivery: deliveries use TLS."""


def balancer_log_bucket(context: GuardContext) -> Verdict:
    """Blocks a log bucket that is missing, elsewhere, encrypted with KMS or set to requester pays.

    Warns of a Deny in its bucket policy. The rules: Elastic Load Balancing, "Enable access logs" of each kind of
    load balancer.
    """
    name = str(context.arguments.get("bucket") or "")
    here = context.target
    target = resource_type(_BUCKET).target(name, here.account, here.region, here.partition)
    if target is None:
        return Outcome.BLOCK, f"{name} is not a valid bucket name"
    made = any(
        d.setting == "aws.s3.bucket" and d.target.key == target.key and d.before is ABSENT
        for d in context.changes
    )
    if made:
        return Outcome.PASS, f"{name} is created by this plan"
    try:
        bucket = context.read("aws.s3.bucket", target)
    except CloudError as error:
        if error.denied:
            return Outcome.BLOCK, f"{name} belongs to another account, or your credentials may not read it"
        raise
    if bucket.absent:
        return Outcome.BLOCK, f"the bucket {name} does not exist"
    if bucket.value["Region"] != here.region:
        return (
            Outcome.BLOCK,
            f"{name} is in {bucket.value['Region']} and the load balancer in {here.region}: choose a log bucket in "
            "the load balancer's region",
        )
    if reason := _encryption(context, target):
        return Outcome.BLOCK, reason
    if _request_payment(context, target).get("Payer") == "Requester":
        return Outcome.BLOCK, f"{name} is set to requester pays, so load balancers cannot deliver logs to it"
    denies = [
        statement
        for statement in statements(context.read("aws.s3.bucket-policy", target).value)
        if _may_deny_delivery(statement)
    ]
    if denies:
        sid = str(denies[0].get("Sid") or "a statement without a Sid")
        return (
            Outcome.WARN,
            f"the policy of {name} denies some requests ({sid}): make sure that it lets log deliveries in",
        )
    return Outcome.PASS, f"{name} is in the same region, encrypts with SSE-S3 and accepts log deliveries"


def _encryption(context: GuardContext, bucket: Target) -> str:
    setting = "aws.s3.bucket-encryption"
    if any(d.setting == setting and d.target.key == bucket.key for d in context.changes):
        return ""
    rules = at(context.read(setting, bucket).value, "Rules") or []
    used = {at(rule, "ApplyServerSideEncryptionByDefault.SSEAlgorithm") for rule in rules}
    # Network Load Balancer logs are delivered by another service, which can use a customer managed key.
    if used <= {"AES256"} or elb.kind_of(context.target) == "network":
        return ""
    return (
        f"{bucket.name} encrypts with KMS, and this load balancer delivers logs only to buckets with SSE-S3: "
        "choose or create such a bucket"
    )


def _request_payment(context: GuardContext, bucket: Target) -> dict[str, str]:
    try:
        return dict(context.cloud.call(call(bucket, "GetBucketRequestPayment")))
    except CloudError as error:
        # A bucket that an earlier change of the plan creates does not exist yet.
        if error.code != "NoSuchBucket":
            raise
        return {}


def _may_deny_delivery(statement: dict[str, object]) -> bool:
    tests = statement.get("Condition")
    keys = {
        str(key).lower()
        for condition in (tests.values() if isinstance(tests, dict) else ())
        for key in (condition if isinstance(condition, dict) else ())
    }
    return statement.get("Effect") == "Deny" and not keys & _NEVER_A_DELIVERY


GUARDS = {"balancer-log-bucket": balancer_log_bucket}
BLOCK_ON_ERROR = ("balancer-log-bucket",)
