"""Looks at what recording every access to objects costs, and that a trail never records its own deliveries.

100,000 data events cost 0.10 USD (https://aws.amazon.com/cloudtrail/pricing/), and each request to an
object is one.
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
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import Json

_SETTING: Final = "aws.cloudtrail.event-selectors"
_PRICE: Final = 0.10 / 100_000
_DAYS: Final = 14
_MONTH: Final = 30
_MOST_BUCKETS: Final = 50
"""Buckets whose metrics are asked for; the others are counted and said."""


def data_events_cost(look: Look) -> Verdict:
    """Blocks a trail that would record its own deliveries, and warns with an estimate of what the events cost."""
    draft = next((one for one in look.changes if one.setting == _SETTING), None)
    if draft is None:
        return Outcome.PASS, "no data events are recorded that were not before"
    trail = about(look)
    bucket = str(trail.get("S3BucketName") or "")
    if bucket and _covers(draft.after, bucket, look.target.partition):
        return (
            Outcome.BLOCK,
            f"the trail would record its own deliveries to {bucket}: each file makes an event that makes a file, so "
            f"leave arn:{look.target.partition}:s3:::{bucket}/ out",
        )
    have = _selected(draft.before)
    if all(one in have for one in _selected(draft.after)):
        return Outcome.PASS, "no data events are recorded that were not before"
    return Outcome.WARN, _estimate(look, trail, recorded(draft.after))


def _selected(value: Json) -> list[Json]:
    """What the selectors say of objects, in one form."""
    mine = [one for one in advanced(value or {}) if about_objects(fields(one))]
    return [meaning(one) for one in mine]


def _covers(value: Json, bucket: str, partition: str) -> bool:
    """Would writing a file to the bucket be recorded?"""
    start = f"arn:{partition}:s3:::{bucket}/"
    if value.get(ADVANCED):
        return any(_records(fields(one), start) for one in value[ADVANCED])
    return any(
        data.get("Type") == S3_OBJECT
        and any(start.startswith(str(name)) for name in data.get("Values") or [])
        for one in value.get(BASIC) or []
        if one.get("ReadWriteType") != "ReadOnly"
        for data in one.get("DataResources") or []
    )


def _records(tests: dict[str, Any], start: str) -> bool:
    if not about_objects(tests) or (tests.get("readOnly") or {}).get("Equals") == ["true"]:
        return False
    arn = tests.get("resources.ARN") or {}
    if any(start.startswith(str(one)) for one in arn.get("NotStartsWith") or []):
        return False
    if only := [str(one) for one in (*(arn.get("StartsWith") or []), *(arn.get("Equals") or []))]:
        return any(start.startswith(one) or one.startswith(start) for one in only)
    return True


def _estimate(look: Look, trail: dict[str, Any], what: str) -> str:
    """The sentence: events a month, what they cost, on which figures and of which days."""
    target = look.target
    buckets = [
        one
        for one in resource_type("AWS::S3::Bucket").list(
            look.cloud, target.account, target.region, target.partition
        )
        if one.name != trail.get("S3BucketName")
        and (trail.get("IsMultiRegionTrail") or one.region == target.region)
    ]
    measured, requests, objects = 0, 0.0, 0.0
    unseen: list[str] = []
    for bucket in buckets[:_MOST_BUCKETS]:
        try:
            found = _requests(look, bucket)
            if found is None:
                objects += _objects(look, bucket)
            else:
                measured += 1
                requests += found
        except CloudError as error:
            unseen.append(f"{bucket.name} ({error.code})")
    unmeasured = min(len(buckets), _MOST_BUCKETS) - measured - len(unseen)
    upto = f"{datetime.now(UTC):%Y-%m-%d}"
    events = requests + objects
    parts = []
    if measured:
        parts.append(
            f"{requests:,.0f} requests by the request metrics of {measured} buckets, {_DAYS} days to {upto}"
        )
    if unmeasured:
        parts.append(
            f"{objects:,.0f} objects in {unmeasured} buckets without request metrics (NumberOfObjects, {upto}), as "
            "if each were read or written once a month, which may be far from true"
        )
    if len(buckets) > _MOST_BUCKETS:
        parts.append(f"{len(buckets) - _MOST_BUCKETS} more buckets were not counted")
    if unseen:
        parts.append(f"not seen: {', '.join(unseen[:5])}")
    basis = "; ".join(parts) or "there is no other bucket"
    kind = f" ({what}s only; the figure counts both)" if what in {"read", "write"} else ""
    return f"about {events:,.0f} data events a month{kind}, {events * _PRICE:,.2f} USD; basis: {basis}"


def _requests(look: Look, bucket: Target) -> float | None:
    """Requests a month by the bucket's own request metrics, None where it has none for all of its objects."""
    found = look.cloud.call(
        Call("aws", "s3", "ListBucketMetricsConfigurations", {"Bucket": bucket.name}, bucket.region)
    )
    whole = [one for one in found.get("MetricsConfigurationList") or [] if not one.get("Filter")]
    if not whole:
        return None
    points = _points(look, bucket, "AllRequests", "Sum", {"FilterId": str(whole[0]["Id"])})
    return sum(points) * _MONTH / _DAYS


def _objects(look: Look, bucket: Target) -> float:
    points = _points(look, bucket, "NumberOfObjects", "Average", {"StorageType": "AllStorageTypes"})
    return points[-1] if points else 0.0


def _points(look: Look, bucket: Target, metric: str, statistic: str, more: dict[str, str]) -> list[float]:
    """The metric's daily values, oldest first."""
    now = datetime.now(UTC)
    names = {"BucketName": bucket.name, **more}
    given: dict[str, Json] = {
        "Namespace": "AWS/S3",
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
        "StartTime": (now - timedelta(_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": [statistic],
    }
    found = look.cloud.call(Call("aws", "cloudwatch", "GetMetricStatistics", given, bucket.region))
    points = sorted(found.get("Datapoints") or [], key=lambda one: str(one["Timestamp"]))
    return [float(one[statistic]) for one in points]


GUARDS = {"data-events-cost": data_events_cost}
CAUTIOUS = ("data-events-cost",)
