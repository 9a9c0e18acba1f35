"""The guard of a bucket's event notifications: what a busy bucket's events cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.providers.guard import Outcome
from tests.aws.guards import Answers, bucket, make_bucket, verdict

PASS, WARN = Outcome.PASS, Outcome.WARN
EVENTS = "aws.s3.event-notifications"


@pytest.mark.parametrize(("each_day", "outcome"), [(None, PASS), (10, PASS), (1_000_000, WARN)])
def test_a_busy_bucket_costs_what_it_tells(aws, each_day, outcome):
    target = make_bucket(aws, "records")
    now = datetime.now(UTC)
    points = [
        {"Timestamp": (now - timedelta(14 - day)).isoformat(), "Average": float(day * (each_day or 0))}
        for day in range(14 if each_day else 1)
    ]
    cloud = Answers(aws, GetMetricStatistics={"Datapoints": points})
    change = (EVENTS, {"EventBridgeConfiguration": {}})
    found_, reason = verdict(cloud, "bucket-events-cost", target, change)
    assert found_ is outcome
    assert ("30.00 USD" in reason) is (outcome is WARN)


@pytest.mark.parametrize("name", ["bucket-events-cost"])
def test_a_plan_without_such_a_change_is_nothing_to_look_at(aws, name):
    assert verdict(aws, name, bucket("records"))[0] is PASS
