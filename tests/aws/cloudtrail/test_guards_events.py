"""The guard of a trail's data events: whether it would record its own deliveries, and what the events cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.aws.cloudtrail.events import with_object_events
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import setting
from tests.aws.guards import Answers, do, verdict

SELECTORS = "aws.cloudtrail.event-selectors"


def data(**arn):
    tests = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ]
    if arn:
        tests.append({"Field": "resources.ARN", **arn})
    return {"AdvancedEventSelectors": [{"FieldSelectors": tests}]}


def basic(*values, kind="All"):
    resources = [{"Type": "AWS::S3::Object", "Values": list(values)}]
    selector = {"ReadWriteType": kind, "IncludeManagementEvents": True, "DataResources": resources}
    return {"EventSelectors": [selector]}


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (data(), Outcome.BLOCK),
        (data(NotStartsWith=["arn:aws:s3:::other/"]), Outcome.BLOCK),
        (data(StartsWith=["arn:aws:s3:::trail-"]), Outcome.BLOCK),
        (data(StartsWith=["arn:aws:s3:::trail-logs/AWSLogs/"]), Outcome.BLOCK),
        (data(NotStartsWith=["arn:aws:s3:::trail-logs/"]), Outcome.WARN),
        (data(StartsWith=["arn:aws:s3:::phi-"]), Outcome.WARN),
        (basic("arn:aws:s3"), Outcome.BLOCK),
        (basic("arn:aws:s3:::trail-logs/"), Outcome.BLOCK),
        (basic("arn:aws:s3:::phi-records/"), Outcome.WARN),
        (basic("arn:aws:s3", kind="ReadOnly"), Outcome.WARN),
    ],
)
def test_a_trail_never_records_its_own_deliveries(aws, trail, value, outcome):
    found, reason = verdict(aws, "data-events-cost", trail, (SELECTORS, value))
    assert found is outcome, reason
    assert ("trail-logs" in reason) is (outcome is Outcome.BLOCK)


def wanted(aws, trail, **more):
    given = {"partition": "aws", "log_bucket": "trail-logs", **more}
    return (SELECTORS, with_object_events(setting(SELECTORS).read(aws, trail).value, given))


def test_the_estimate_names_its_basis_and_its_day(aws, trail):
    do(aws, "s3", "PutObject", Bucket="phi-records", Key="a", Body="")
    outcome, reason = verdict(aws, "data-events-cost", trail, wanted(aws, trail))
    assert outcome is Outcome.WARN
    assert "about 1 data events a month" in reason
    assert "NumberOfObjects" in reason
    assert f"{datetime.now(UTC):%Y-%m-%d}" in reason


def test_request_metrics_are_the_better_basis(aws, trail):
    """moto keeps no metrics configuration, so that one is told."""
    yesterday = (datetime.now(UTC) - timedelta(1)).isoformat()
    dimensions = [
        {"Name": "BucketName", "Value": "phi-records"},
        {"Name": "FilterId", "Value": "EntireBucket"},
    ]
    datum = {
        "MetricName": "AllRequests",
        "Dimensions": dimensions,
        "Timestamp": yesterday,
        "Value": 14_000_000.0,
    }
    do(aws, "cloudwatch", "PutMetricData", Namespace="AWS/S3", MetricData=[datum])
    have = {"MetricsConfigurationList": [{"Id": "EntireBucket"}]}
    cloud = Answers(aws, ListBucketMetricsConfigurations=have)
    outcome, reason = verdict(cloud, "data-events-cost", trail, wanted(aws, trail))
    assert outcome is Outcome.WARN
    assert "about 30,000,000 data events" in reason
    assert "30.00 USD" in reason
    assert "request metrics of 1 buckets" in reason


def test_what_is_recorded_already_costs_nothing_more(aws, trail):
    _, value = wanted(aws, trail)
    do(
        aws,
        "cloudtrail",
        "PutEventSelectors",
        TrailName="main",
        AdvancedEventSelectors=value["AdvancedEventSelectors"],
    )
    assert verdict(aws, "data-events-cost", trail, (SELECTORS, value))[0] is Outcome.PASS
    assert verdict(aws, "data-events-cost", trail)[0] is Outcome.PASS
