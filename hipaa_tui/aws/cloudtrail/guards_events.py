"""Estimates the cost of data events, and keeps a trail from recording its own log deliveries.

100,000 data events cost 0.10 USD (https://aws.amazon.com/cloudtrail/pricing/), and each request to an
object is one event.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hipaa_tui.aws.cloudtrail.events import (
    ADVANCED,
    BASIC,
    S3_OBJECT,
    about_objects,
    advanced,
    fields,
    meaning,
    recorded,
)
from hipaa_tui.aws.cloudtrail.guards import about
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import Json

_SETTING: Final = "aws.cloudtrail.event-selectors"
_PRICE: Final = 0.10 / 100_000
_DAYS: Final = 14
_MONTH: Final = 30
_MAX_BUCKETS: Final = 50
"""Maximum number of buckets whose metrics are read; the reason says how many were left out."""


def data_events_cost(context: GuardContext) -> Verdict:
    """Blocks a trail that would record its own deliveries; warns with an estimate of the events' monthly cost."""
    draft = next((change for change in context.changes if change.setting == _SETTING), None)
    if draft is None:
        return Outcome.PASS, "no additional data events are recorded"
    trail = about(context)
    bucket = str(trail.get("S3BucketName") or "")
    if bucket and _covers(draft.after, bucket, context.target.partition):
        return (
            Outcome.BLOCK,
            f"the trail would record its own deliveries to {bucket} in an endless loop, where each log file causes "
            f"an event and each event a log file: exclude arn:{context.target.partition}:s3:::{bucket}/",
        )
    selected = _selected(draft.before)
    if all(selector in selected for selector in _selected(draft.after)):
        return Outcome.PASS, "no additional data events are recorded"
    return Outcome.WARN, _estimate(context, trail, recorded(draft.after))


def _selected(value: Json) -> list[Json]:
    """Returns the selectors that concern objects, in one canonical form."""
    selectors = [selector for selector in advanced(value or {}) if about_objects(fields(selector))]
    return [meaning(selector) for selector in selectors]


def _covers(value: Json, bucket: str, partition: str) -> bool:
    """Would writing a file to the bucket be recorded?"""
    start = f"arn:{partition}:s3:::{bucket}/"
    if value.get(ADVANCED):
        return any(_records(fields(selector), start) for selector in value[ADVANCED])
    return any(
        data.get("Type") == S3_OBJECT
        and any(start.startswith(str(name)) for name in data.get("Values") or [])
        for selector in value.get(BASIC) or []
        if selector.get("ReadWriteType") != "ReadOnly"
        for data in selector.get("DataResources") or []
    )


def _records(tests: dict[str, Any], start: str) -> bool:
    if not about_objects(tests) or (tests.get("readOnly") or {}).get("Equals") == ["true"]:
        return False
    arn = tests.get("resources.ARN") or {}
    if any(start.startswith(str(prefix)) for prefix in arn.get("NotStartsWith") or []):
        return False
    if only := [str(prefix) for prefix in (*(arn.get("StartsWith") or []), *(arn.get("Equals") or []))]:
        return any(start.startswith(prefix) or prefix.startswith(start) for prefix in only)
    return True


def _estimate(context: GuardContext, trail: dict[str, Any], kinds: str) -> str:
    """Returns the reason: events a month, their cost, and the figures and days that this is based on."""
    target = context.target
    buckets = [
        candidate
        for candidate in resource_type("AWS::S3::Bucket").list(
            context.cloud, target.account, target.region, target.partition
        )
        if candidate.name != trail.get("S3BucketName")
        and (trail.get("IsMultiRegionTrail") or candidate.region == target.region)
    ]
    measured, requests, objects = 0, 0.0, 0.0
    unseen: list[str] = []
    for bucket in buckets[:_MAX_BUCKETS]:
        try:
            measured_requests = _requests(context, bucket)
            if measured_requests is None:
                objects += _objects(context, bucket)
            else:
                measured += 1
                requests += measured_requests
        except CloudError as error:
            unseen.append(f"{bucket.name} ({error.code})")
    unmeasured = min(len(buckets), _MAX_BUCKETS) - measured - len(unseen)
    upto = f"{datetime.now(UTC):%Y-%m-%d}"
    events = requests + objects
    parts = []
    if measured:
        parts.append(
            f"{requests:,.0f} requests a month by the request metrics of {measured} buckets, {_DAYS} days to {upto}"
        )
    if unmeasured:
        parts.append(
            f"{objects:,.0f} objects in {unmeasured} buckets without request metrics (NumberOfObjects, {upto}), "
            "assuming one read or write of each a month, which may be far off"
        )
    if len(buckets) > _MAX_BUCKETS:
        parts.append(f"{len(buckets) - _MAX_BUCKETS} more buckets were not counted")
    if unseen:
        parts.append(f"could not be read: {', '.join(unseen[:5])}")
    basis = "; ".join(parts) or "there is no other bucket"
    kind = (
        f" (the trail records {kinds}s only; the estimate counts reads and writes)"
        if kinds in {"read", "write"}
        else ""
    )
    return f"about {events:,.0f} data events a month{kind}, {events * _PRICE:,.2f} USD; basis: {basis}"


def _requests(context: GuardContext, bucket: Target) -> float | None:
    """Returns the requests a month by the bucket's request metrics; None where no configuration covers all objects."""
    response = context.cloud.call(
        Call("aws", "s3", "ListBucketMetricsConfigurations", {"Bucket": bucket.name}, bucket.region)
    )
    unfiltered = [
        metrics for metrics in response.get("MetricsConfigurationList") or [] if not metrics.get("Filter")
    ]
    if not unfiltered:
        return None
    points = _points(context, bucket, "AllRequests", "Sum", {"FilterId": str(unfiltered[0]["Id"])})
    return sum(points) * _MONTH / _DAYS


def _objects(context: GuardContext, bucket: Target) -> float:
    points = _points(context, bucket, "NumberOfObjects", "Average", {"StorageType": "AllStorageTypes"})
    return points[-1] if points else 0.0


def _points(
    context: GuardContext, bucket: Target, metric: str, statistic: str, dimensions: dict[str, str]
) -> list[float]:
    """Returns the metric's daily values, oldest first."""
    now = datetime.now(UTC)
    names = {"BucketName": bucket.name, **dimensions}
    query: dict[str, Json] = {
        "Namespace": "AWS/S3",
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
        "StartTime": (now - timedelta(_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": [statistic],
    }
    response = context.cloud.call(Call("aws", "cloudwatch", "GetMetricStatistics", query, bucket.region))
    points = sorted(response.get("Datapoints") or [], key=lambda point: str(point["Timestamp"]))
    return [float(point[statistic]) for point in points]


GUARDS = {"data-events-cost": data_events_cost}
BLOCK_ON_ERROR = ("data-events-cost",)
