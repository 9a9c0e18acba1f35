"""Estimates what a bucket's events cost before EventBridge notifications are switched on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call

EVENTS: Final = "aws.s3.event-notifications"


_DAYS: Final = 14


_PRICE: Final = 1.0 / 1_000_000


_NOTABLE: Final = 1.0
"""USD a month from which the cost of events is worth a warning."""


def bucket_events_cost(context: GuardContext) -> Verdict:
    """Warns with the monthly cost of the bucket's events where it is notable.

    The estimate is a minimum: it counts the daily changes in the number of objects.
    """
    if not any(draft.setting == EVENTS for draft in context.changes):
        return Outcome.PASS, "no notifications change"
    now = datetime.now(UTC)
    names = {"BucketName": context.target.name, "StorageType": "AllStorageTypes"}
    query: dict[str, Any] = {
        "Namespace": "AWS/S3",
        "MetricName": "NumberOfObjects",
        "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
        "StartTime": (now - timedelta(_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": ["Average"],
    }
    response = context.cloud.call(
        Call("aws", "cloudwatch", "GetMetricStatistics", query, context.target.region)
    )
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


GUARDS = {"bucket-events-cost": bucket_events_cost}
