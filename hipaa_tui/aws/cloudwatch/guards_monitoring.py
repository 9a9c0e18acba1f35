"""Checks stopped trails, noisy alarms and the cost of S3 event notifications before monitoring changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from hipaa_tui.aws.ec2.lookups import pages
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

TRAIL: Final = "aws.cloudtrail.account-trail"
ALARM: Final = "aws.cloudwatch.alarm"
EVENTS: Final = "aws.s3.event-notifications"
_OFTEN: Final = 20
"""Transitions to ALARM in a week above which people stop reading the notifications."""
_WEEK: Final = 7
_DAYS: Final = 14
_PRICE: Final = 1.0 / 1_000_000
_NOTABLE: Final = 1.0
"""USD a month from which the cost of events is worth a warning."""


def account_trail_ready(look: Look) -> Verdict:
    """Blocks a trail whose bucket does not exist; warns of a stopped trail and of failed deliveries."""
    drafts = [draft for draft in look.changes if draft.setting == TRAIL]
    if not drafts:
        return Outcome.PASS, "no trail changes"
    trail = drafts[0].after["Trail"]
    bucket = str(trail["Bucket"])
    made = any((draft.setting, draft.target.name) == ("aws.s3.bucket", bucket) for draft in look.changes)
    if not made and not _is_there(look, bucket):
        return (
            Outcome.BLOCK,
            f"the bucket {bucket} of the trail {trail['Name']} does not exist: create it first",
        )
    if drafts[0].before["Trail"] is None:
        named = str(look.arguments.get("bucket") or "")
        if named:
            return (
                Outcome.WARN,
                f"the policy of {named} was not checked: make sure that it lets CloudTrail write there "
                "(s3:GetBucketAcl, s3:PutObject)",
            )
        return Outcome.PASS, "the account has no trail in this region, so one is created"
    request = Call("aws", "cloudtrail", "GetTrailStatus", {"Name": trail["Arn"]}, str(trail["Home"]))
    status = look.cloud.call(request)
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


def _is_there(look: Look, bucket: str) -> bool:
    try:
        look.cloud.call(Call("aws", "s3", "HeadBucket", {"Bucket": bucket}, look.target.region))
    except CloudError as error:
        if error.code in ("404", "NoSuchBucket"):
            return False
        # The bucket often belongs to another account and admits only CloudTrail, or is in another region.
        if not error.denied and error.code not in ("301", "PermanentRedirect"):
            raise
    return True


def alarm_was_quiet(look: Look) -> Verdict:
    """Warns of an alarm that goes off so often that people would ignore it, and of one whose actions are disabled."""
    drafts = [draft for draft in look.changes if draft.setting == ALARM]
    if not drafts:
        return Outcome.PASS, "no alarm changes"
    if not drafts[0].after["ActionsEnabled"]:
        return (
            Outcome.WARN,
            "the alarm's actions are disabled and stay so: run `aws cloudwatch enable-alarm-actions` once it may "
            "notify",
        )
    history = pages(
        look,
        "cloudwatch",
        "DescribeAlarmHistory",
        "AlarmHistoryItems",
        AlarmName=drafts[0].target.name,
        HistoryItemType="StateUpdate",
        StartDate=(datetime.now(UTC) - timedelta(_WEEK)).isoformat(),
    )
    red = sum(str(item.get("HistorySummary") or "").endswith("to ALARM") for item in history)
    if red > _OFTEN:
        return (
            Outcome.WARN,
            f"the alarm went into ALARM {red} times in {_WEEK} days: set a better threshold first, or people will "
            "ignore it",
        )
    return Outcome.PASS, f"the alarm went into ALARM {red} times in {_WEEK} days"


def bucket_events_cost(look: Look) -> Verdict:
    """Warns with the monthly cost of the bucket's events where it is notable.

    The estimate is a minimum: it counts the daily changes in the number of objects.
    """
    if not any(draft.setting == EVENTS for draft in look.changes):
        return Outcome.PASS, "no notifications change"
    now = datetime.now(UTC)
    names = {"BucketName": look.target.name, "StorageType": "AllStorageTypes"}
    query: dict[str, Any] = {
        "Namespace": "AWS/S3",
        "MetricName": "NumberOfObjects",
        "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
        "StartTime": (now - timedelta(_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": ["Average"],
    }
    response = look.cloud.call(Call("aws", "cloudwatch", "GetMetricStatistics", query, look.target.region))
    points = [
        float(point["Average"])
        for point in sorted(response.get("Datapoints") or [], key=lambda point: str(point["Timestamp"]))
    ]
    basis = f"NumberOfObjects, {_DAYS} days to {now:%Y-%m-%d}"
    if len(points) < 2:
        return (
            Outcome.PASS,
            f"CloudWatch has too few figures to estimate how many objects are added and removed ({basis})",
        )
    moved = sum(abs(later - earlier) for earlier, later in pairwise(points))
    month = moved * 30 / max(1, len(points) - 1)
    estimate = f"at least {month:,.0f} events a month, {month * _PRICE:,.2f} USD; basis: {basis}"
    return (Outcome.WARN if month * _PRICE >= _NOTABLE else Outcome.PASS), estimate


GUARDS: Final = {
    "account-trail-ready": account_trail_ready,
    "alarm-was-quiet": alarm_was_quiet,
    "bucket-events-cost": bucket_events_cost,
}
CAUTIOUS: Final = ("account-trail-ready",)
