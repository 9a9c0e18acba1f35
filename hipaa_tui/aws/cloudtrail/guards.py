"""Looks whether a trail's files arrive, and whether the organization records what this trail would."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from hipaa_tui.aws.policies.principals import allows, conditions, services
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

_SERVICE = "cloudtrail.amazonaws.com"


def about(look: Look) -> dict[str, Any]:
    """What CloudTrail says of the finding's trail by now. Raises CloudError, also where it is gone."""
    request = Call("aws", "cloudtrail", "GetTrail", {"Name": look.target.id}, look.target.region)
    return dict(look.cloud.call(request)["Trail"])


def trail_bucket_policy(look: Look) -> Verdict:
    """Warns where CloudTrail cannot write to the trail's bucket, and blocks where there is no bucket.

    A trail without files is none; but to record more does no harm, and AWS itself refuses a change of a
    trail that could not deliver (InsufficientS3BucketPolicyException).
    """
    bucket = str(about(look).get("S3BucketName") or "")
    if not bucket:
        return Outcome.BLOCK, "the trail has no bucket"
    try:
        found = look.cloud.call(Call("aws", "s3", "GetBucketPolicy", {"Bucket": bucket}, look.target.region))
        text = found["Policy"]
    except CloudError as error:
        if error.code == "NoSuchBucket":
            return Outcome.BLOCK, f"its bucket {bucket} is gone"
        if error.denied:
            return (
                Outcome.WARN,
                f"nobody here may read the policy of {bucket}, so it may not let CloudTrail write",
            )
        if error.code != "NoSuchBucketPolicy":
            raise
        text = None
    writing = [one for one in services(text).get(_SERVICE, []) if allows(one, "s3:PutObject")]
    if not writing:
        return (
            Outcome.WARN,
            f"the policy of {bucket} does not let CloudTrail write there: nothing is delivered, and AWS may "
            "refuse this change, until it does",
        )
    if not any(_for_trail(one, look.target.id) for one in writing):
        return (
            Outcome.WARN,
            f"the policy of {bucket} lets CloudTrail write for another trail than {look.target.id}",
        )
    looking = [one for one in services(text).get(_SERVICE, []) if allows(one, "s3:GetBucketAcl")]
    if not any(_for_trail(one, look.target.id) for one in looking):
        return (
            Outcome.WARN,
            f"the policy of {bucket} does not let CloudTrail look at the bucket's ACL (s3:GetBucketAcl), which it "
            "does before it delivers: AWS may refuse this change until it may",
        )
    failed = _delivery_error(look)
    if failed:
        return Outcome.WARN, f"the last delivery to {bucket} failed ({failed}): put that right first"
    return Outcome.PASS, f"CloudTrail may write to {bucket}"


def _for_trail(statement: Mapping[str, Any], trail: str) -> bool:
    tests = [values for _, key, values in conditions(statement) if key == "aws:sourcearn"]
    return all(any(fnmatchcase(trail, one) for one in values) for values in tests)


def _delivery_error(look: Look) -> str:
    request = Call("aws", "cloudtrail", "GetTrailStatus", {"Name": look.target.id}, look.target.region)
    return str(look.cloud.call(request).get("LatestDeliveryError") or "")


def org_trail(look: Look) -> Verdict:
    """Warns where a change here is one for the whole organization, or is paid for twice."""
    if about(look).get("IsOrganizationTrail"):
        return Outcome.WARN, "it is the organization's trail: the change holds for every member account"
    request = Call("aws", "cloudtrail", "DescribeTrails", {"includeShadowTrails": True}, look.target.region)
    seen = look.cloud.call(request).get("trailList") or []
    others = sorted(
        str(one["TrailARN"])
        for one in seen
        if one.get("IsOrganizationTrail") and one["TrailARN"] != look.target.id
    )
    if others:
        return (
            Outcome.WARN,
            f"the organization's trail {others[0]} records this account too: a second copy is paid for",
        )
    return Outcome.PASS, "no trail of an organization records this account"


GUARDS = {"trail-bucket-policy": trail_bucket_policy, "org-trail": org_trail}
CAUTIOUS = ("trail-bucket-policy",)
