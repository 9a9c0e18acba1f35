"""Checks that a trail can deliver to its bucket, and whether an organization trail records the same account."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from hipaa_tui.aws.policies.principals import allows, conditions, services
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

_SERVICE = "cloudtrail.amazonaws.com"


def about(context: GuardContext) -> dict[str, Any]:
    """Returns the target trail's live description (GetTrail). Raises CloudError, also where it no longer exists."""
    request = Call("aws", "cloudtrail", "GetTrail", {"Name": context.target.id}, context.target.region)
    return dict(context.cloud.call(request)["Trail"])


def trail_bucket_policy(context: GuardContext) -> Verdict:
    """Warns where CloudTrail cannot write to the trail's bucket; blocks where there is no bucket.

    A trail that cannot deliver is useless. But recording more does no harm, and AWS itself rejects a change of such
    a trail (InsufficientS3BucketPolicyException), so the guard only warns.
    """
    bucket = str(about(context).get("S3BucketName") or "")
    if not bucket:
        return Outcome.BLOCK, "the trail has no bucket"
    try:
        response = context.cloud.call(
            Call("aws", "s3", "GetBucketPolicy", {"Bucket": bucket}, context.target.region)
        )
        text = response["Policy"]
    except CloudError as error:
        if error.code == "NoSuchBucket":
            return (
                Outcome.BLOCK,
                f"the trail's bucket {bucket} is gone: create it, or name another one",
            )
        if error.denied:
            return (
                Outcome.WARN,
                f"your credentials may not read the policy of {bucket} (s3:GetBucketPolicy), so whether CloudTrail "
                "may write there is unknown",
            )
        if error.code != "NoSuchBucketPolicy":
            raise
        text = None
    put_grants = [
        statement for statement in services(text).get(_SERVICE, []) if allows(statement, "s3:PutObject")
    ]
    if not put_grants:
        return (
            Outcome.WARN,
            f"the policy of {bucket} does not grant cloudtrail.amazonaws.com s3:PutObject: until it does, nothing "
            "is delivered, and AWS may refuse this change",
        )
    if not any(_for_trail(statement, context.target.id) for statement in put_grants):
        return (
            Outcome.WARN,
            f"the policy of {bucket} grants CloudTrail s3:PutObject for another trail only, not for "
            f"{context.target.id}: add it to the statement's aws:SourceArn",
        )
    acl_grants = [
        statement for statement in services(text).get(_SERVICE, []) if allows(statement, "s3:GetBucketAcl")
    ]
    if not any(_for_trail(statement, context.target.id) for statement in acl_grants):
        return (
            Outcome.WARN,
            f"the policy of {bucket} does not grant CloudTrail s3:GetBucketAcl for this trail, which it calls "
            "before it delivers: until it does, AWS may refuse this change",
        )
    failed = _delivery_error(context)
    if failed:
        return Outcome.WARN, f"the last delivery to {bucket} failed ({failed}): fix that first"
    return Outcome.PASS, f"CloudTrail may write to {bucket}"


def _for_trail(statement: Mapping[str, Any], trail: str) -> bool:
    tests = [values for _, key, values in conditions(statement) if key == "aws:sourcearn"]
    return all(any(fnmatchcase(trail, pattern) for pattern in values) for values in tests)


def _delivery_error(context: GuardContext) -> str:
    request = Call("aws", "cloudtrail", "GetTrailStatus", {"Name": context.target.id}, context.target.region)
    return str(context.cloud.call(request).get("LatestDeliveryError") or "")


def org_trail(context: GuardContext) -> Verdict:
    """Warns where the change applies to the whole organization, or where its trail records the events already."""
    if about(context).get("IsOrganizationTrail"):
        return Outcome.WARN, "this is an organization trail: the change applies to every member account"
    request = Call(
        "aws", "cloudtrail", "DescribeTrails", {"includeShadowTrails": True}, context.target.region
    )
    trails = context.cloud.call(request).get("trailList") or []
    others = sorted(
        str(listed["TrailARN"])
        for listed in trails
        if listed.get("IsOrganizationTrail") and listed["TrailARN"] != context.target.id
    )
    if others:
        return (
            Outcome.WARN,
            f"the organization trail {others[0]} records this account too: a second copy of its events costs extra",
        )
    return Outcome.PASS, "no organization trail records this account"


GUARDS = {"trail-bucket-policy": trail_bucket_policy, "org-trail": org_trail}
BLOCK_ON_ERROR = ("trail-bucket-policy",)
