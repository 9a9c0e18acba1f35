"""Checks the account's trail before it records all management events: its bucket, its deliveries, who stopped it."""

from __future__ import annotations

from typing import Final

from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

TRAIL: Final = "aws.cloudtrail.account-trail"


def account_trail_ready(context: GuardContext) -> Verdict:
    """Blocks a trail whose bucket does not exist; warns of a stopped trail and of failed deliveries."""
    drafts = [draft for draft in context.changes if draft.setting == TRAIL]
    if not drafts:
        return Outcome.PASS, "no trail changes"
    trail = drafts[0].after["Trail"]
    bucket = str(trail["Bucket"])
    made = any((draft.setting, draft.target.name) == ("aws.s3.bucket", bucket) for draft in context.changes)
    if not made and not _is_there(context, bucket):
        return (
            Outcome.BLOCK,
            f"the bucket {bucket} of the trail {trail['Name']} does not exist: create it first",
        )
    if drafts[0].before["Trail"] is None:
        named = str(context.arguments.get("bucket") or "")
        if named:
            return (
                Outcome.WARN,
                f"the policy of {named} was not checked: make sure that it lets CloudTrail write there "
                "(s3:GetBucketAcl, s3:PutObject)",
            )
        return Outcome.PASS, "the account has no trail in this region, so one is created"
    request = Call("aws", "cloudtrail", "GetTrailStatus", {"Name": trail["Arn"]}, str(trail["Home"]))
    status = context.cloud.call(request)
    if status.get("LatestDeliveryError"):
        return (
            Outcome.WARN,
            f"the trail {trail['Name']} could not deliver to {bucket} ({status['LatestDeliveryError']}): check the "
            "bucket policy and the KMS key policy",
        )
    if drafts[0].before["Trail"]["IsLogging"]:
        return (
            Outcome.PASS,
            f"the trail {trail['Name']} is logging, and records management events from now on",
        )
    when = str(status.get("StopLoggingTime") or "")[:10]
    stopped = f" on {when}" if when else ""
    return Outcome.WARN, f"the trail {trail['Name']} was stopped{stopped}: find out who stopped it, and why"


def _is_there(context: GuardContext, bucket: str) -> bool:
    try:
        context.cloud.call(Call("aws", "s3", "HeadBucket", {"Bucket": bucket}, context.target.region))
    except CloudError as error:
        if error.code in ("404", "NoSuchBucket"):
            return False
        # The bucket often belongs to another account and admits only CloudTrail, or is in another region.
        if not error.denied and error.code not in ("301", "PermanentRedirect"):
            raise
    return True


GUARDS = {"account-trail-ready": account_trail_ready}
BLOCK_ON_ERROR = ("account-trail-ready",)
