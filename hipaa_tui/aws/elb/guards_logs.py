"""Looks at the bucket of load balancers' logs: to one that does not fit, they are refused or lost in silence."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.elb import settings as elb
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.aws.s3.settings import call
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, at

_BUCKET: Final = "AWS::S3::Bucket"
_NOT_MEANT: Final = frozenset({"aws:securetransport", "s3:tlsversion"})
"""Conditions of a Deny that no delivery meets: it comes by TLS."""


def balancer_log_bucket(look: Look) -> Verdict:
    """Blocks a log bucket that is elsewhere, encrypts with KMS, or refuses deliveries.

    The rules: Elastic Load Balancing, "Enable access logs" of each kind of load balancer.
    """
    name = str(look.arguments.get("bucket") or "")
    here = look.target
    found = resource_type(_BUCKET).target(name, here.account, here.region, here.partition)
    if found is None:
        return Outcome.BLOCK, f"{name} is no name of a bucket"
    made = any(
        d.setting == "aws.s3.bucket" and d.target.key == found.key and d.before is ABSENT
        for d in look.changes
    )
    if made:
        return Outcome.PASS, f"{name} is made by this plan"
    try:
        bucket = look.read("aws.s3.bucket", found)
    except CloudError as error:
        if error.denied:
            return Outcome.BLOCK, f"{name} belongs to another account, or may not be looked at"
        raise
    if bucket.absent:
        return Outcome.BLOCK, f"there is no bucket {name}"
    if bucket.value["Region"] != here.region:
        return (
            Outcome.BLOCK,
            f"{name} is in {bucket.value['Region']} and the load balancer in {here.region}: logs stay in a region",
        )
    if reason := _encryption(look, found):
        return Outcome.BLOCK, reason
    if _asked(look, found).get("Payer") == "Requester":
        return Outcome.BLOCK, f"{name} makes requesters pay, and so takes no logs of load balancers"
    denies = [one for one in statements(look.read("aws.s3.bucket-policy", found).value) if _refuses(one)]
    if denies:
        sid = str(denies[0].get("Sid") or "a statement without a Sid")
        return (
            Outcome.WARN,
            f"{sid} of the policy of {name} refuses some: make sure that it lets deliveries in",
        )
    return Outcome.PASS, f"{name} is in the same region, encrypts with S3's own keys and takes deliveries"


def _encryption(look: Look, bucket: Target) -> str:
    setting = "aws.s3.bucket-encryption"
    if any(d.setting == setting and d.target.key == bucket.key for d in look.changes):
        return ""
    rules = at(look.read(setting, bucket).value, "Rules") or []
    used = {at(rule, "ApplyServerSideEncryptionByDefault.SSEAlgorithm") for rule in rules}
    # A network load balancer's logs come by another service, which can use a key of your own.
    if used <= {"AES256"} or elb.kind_of(look.target) == "network":
        return ""
    return f"{bucket.name} encrypts with KMS, and load balancers deliver only to buckets with S3's own keys"


def _asked(look: Look, bucket: Target) -> dict[str, str]:
    try:
        return dict(look.cloud.call(call(bucket, "GetBucketRequestPayment")))
    except CloudError as error:
        # One that an earlier change of the plan makes is not there yet.
        if error.code != "NoSuchBucket":
            raise
        return {}


def _refuses(statement: dict[str, object]) -> bool:
    tests = statement.get("Condition")
    keys = {
        str(key).lower()
        for one in (tests.values() if isinstance(tests, dict) else ())
        for key in (one if isinstance(one, dict) else ())
    }
    return statement.get("Effect") == "Deny" and not keys & _NOT_MEANT


GUARDS = {"balancer-log-bucket": balancer_log_bucket}
CAUTIOUS = ("balancer-log-bucket",)
