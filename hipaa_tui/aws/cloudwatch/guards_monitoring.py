"""Looks at what will be told and recorded: trails that somebody stopped, alarms that would never be still, busy buckets."""

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
"""Changes to red in a week after which people stop reading."""
_WEEK: Final = 7
_DAYS: Final = 14
_PRICE: Final = 1.0 / 1_000_000
_NOTABLE: Final = 1.0
"""USD a month above which the cost of events is worth a warning."""


def account_trail_ready(look: Look) -> Verdict:
    """Blocks a trail whose bucket is not there. Warns of one that somebody stopped, or that fails to deliver."""
    drafts = [draft for draft in look.changes if draft.setting == TRAIL]
    if not drafts:
        return Outcome.PASS, "no trail changes"
    trail = drafts[0].after["Trail"]
    bucket = str(trail["Bucket"])
    made = any((draft.setting, draft.target.name) == ("aws.s3.bucket", bucket) for draft in look.changes)
    if not made and not _is_there(look, bucket):
        return Outcome.BLOCK, f"there is no bucket {bucket} for the trail {trail['Name']}: make it first"
    if drafts[0].before["Trail"] is None:
        named = str(look.arguments.get("bucket") or "")
        if named:
            return Outcome.WARN, f"whether {named} lets CloudTrail in its policy says: make sure that it does"
        return Outcome.PASS, "the account has no trail in this region, so one is made"
    asked = Call("aws", "cloudtrail", "GetTrailStatus", {"Name": trail["Arn"]}, str(trail["Home"]))
    status = look.cloud.call(asked)
    if status.get("LatestDeliveryError"):
        return (
            Outcome.WARN,
            f"the trail {trail['Name']} could not deliver to {bucket} ({status['LatestDeliveryError']}): "
            "look at the bucket's policy and its key",
        )
    if drafts[0].before["Trail"]["IsLogging"]:
        return Outcome.PASS, f"the trail {trail['Name']} runs, and records management events from now on"
    when = str(status.get("StopLoggingTime") or "")[:10]
    stopped = f" on {when}" if when else ""
    return Outcome.WARN, f"the trail {trail['Name']} was stopped{stopped}: ask who stopped it, and why"


def _is_there(look: Look, bucket: str) -> bool:
    try:
        look.cloud.call(Call("aws", "s3", "HeadBucket", {"Bucket": bucket}, look.target.region))
    except CloudError as error:
        if error.code in ("404", "NoSuchBucket"):
            return False
        # Another account's bucket that only CloudTrail may use is usual, and so is another region's.
        if not error.denied and error.code not in ("301", "PermanentRedirect"):
            raise
    return True


def alarm_was_quiet(look: Look) -> Verdict:
    """Warns of an alarm that is red all the time: whoever is told too often stops to listen."""
    drafts = [draft for draft in look.changes if draft.setting == ALARM]
    if not drafts:
        return Outcome.PASS, "no alarm changes"
    if not drafts[0].after["ActionsEnabled"]:
        return (
            Outcome.WARN,
            "the alarm's actions are switched off, and stay so: `aws cloudwatch enable-alarm-actions` once it may tell",
        )
    found = pages(
        look,
        "cloudwatch",
        "DescribeAlarmHistory",
        "AlarmHistoryItems",
        AlarmName=drafts[0].target.name,
        HistoryItemType="StateUpdate",
        StartDate=(datetime.now(UTC) - timedelta(_WEEK)).isoformat(),
    )
    red = sum(str(one.get("HistorySummary") or "").endswith("to ALARM") for one in found)
    if red > _OFTEN:
        return (
            Outcome.WARN,
            f"the alarm went red {red} times in {_WEEK} days: set a better threshold first, or nobody will listen",
        )
    return Outcome.PASS, f"the alarm went red {red} times in {_WEEK} days"


def bucket_events_cost(look: Look) -> Verdict:
    """Warns with the events of a month where they cost something to speak of, as far as the bucket's growth tells."""
    if not any(draft.setting == EVENTS for draft in look.changes):
        return Outcome.PASS, "no notifications change"
    now = datetime.now(UTC)
    names = {"BucketName": look.target.name, "StorageType": "AllStorageTypes"}
    given: dict[str, Any] = {
        "Namespace": "AWS/S3",
        "MetricName": "NumberOfObjects",
        "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
        "StartTime": (now - timedelta(_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": ["Average"],
    }
    found = look.cloud.call(Call("aws", "cloudwatch", "GetMetricStatistics", given, look.target.region))
    points = [
        float(one["Average"])
        for one in sorted(found.get("Datapoints") or [], key=lambda one: str(one["Timestamp"]))
    ]
    basis = f"NumberOfObjects, {_DAYS} days to {now:%Y-%m-%d}"
    if len(points) < 2:
        return Outcome.PASS, f"nothing is known of how many objects come and go ({basis})"
    moved = sum(abs(later - earlier) for earlier, later in pairwise(points))
    month = moved * 30 / max(1, len(points) - 1)
    said = f"at least {month:,.0f} events a month, {month * _PRICE:,.2f} USD; basis: {basis}"
    return (Outcome.WARN if month * _PRICE >= _NOTABLE else Outcome.PASS), said


GUARDS: Final = {
    "account-trail-ready": account_trail_ready,
    "alarm-was-quiet": alarm_was_quiet,
    "bucket-events-cost": bucket_events_cost,
}
CAUTIOUS: Final = ("account-trail-ready",)
