"""The one trail of an account: found, started or made, and what it records of management events."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.aws.cloudtrail.account import management, with_account_trail
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION

TRAIL = setting("aws.cloudtrail.account-trail")


@pytest.fixture
def do(aws):
    return lambda service, operation, **more: do_by_hand(aws, service, operation, **more)


def target(type: str, id: str) -> Any:
    found = resource_type(type).target(id, ACCOUNT, REGION)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("selectors", "recorded"),
    [
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}, "all"),
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly"}]}, "write"),
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": False}]}, "none"),
        (
            {
                "AdvancedEventSelectors": [
                    {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
                ]
            },
            "none",
        ),
        (
            {
                "AdvancedEventSelectors": [
                    {
                        "FieldSelectors": [
                            {"Field": "eventCategory", "Equals": ["Management"]},
                            {"Field": "readOnly", "Equals": ["true"]},
                        ]
                    }
                ]
            },
            "read",
        ),
        (
            {
                "AdvancedEventSelectors": [
                    {
                        "FieldSelectors": [
                            {"Field": "eventCategory", "Equals": ["Management"]},
                            {"Field": "eventSource", "Equals": ["kms.amazonaws.com"]},
                        ]
                    }
                ]
            },
            "none",
        ),
    ],
)
def test_what_a_trail_records_of_management_events(selectors, recorded):
    assert management(selectors) == recorded


def test_the_trail_that_is_there_is_started_and_not_doubled(aws, do):
    where = target("AWS::CloudTrail::AccountTrails", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail")
    asked = {"bucket": "b", "partition": "aws", "account": ACCOUNT, "region": REGION}
    none = TRAIL.read(aws, where)
    assert none.value == {"Recorded": False, "Trail": None}
    made = TRAIL.write(where, none, with_account_trail(none.value, asked))
    assert [one.operation for one in made] == ["CreateTrail", "StartLogging"]
    do("s3", "CreateBucket", Bucket="trail-files")
    do("cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files")
    only_data = [{"ReadWriteType": "All", "IncludeManagementEvents": False, "DataResources": []}]
    do("cloudtrail", "PutEventSelectors", TrailName="main", EventSelectors=only_data)
    before = TRAIL.read(aws, where)
    wanted = with_account_trail(before.value, asked)
    calls = TRAIL.write(where, before, wanted)
    assert [one.operation for one in calls] == ["PutEventSelectors", "StartLogging"]
    stages = [*TRAIL.between(where, before.value, wanted), wanted]
    for call, stage in zip(calls, stages, strict=True):
        aws.call(call)
        assert TRAIL.same(TRAIL.read(aws, where).value, stage)
    after = TRAIL.read(aws, where)
    assert after.value["Recorded"] is True
    back = TRAIL.write(where, after, before.value)
    assert [one.operation for one in back] == ["PutEventSelectors", "StopLogging"]
    for call in back:
        aws.call(call)
    assert TRAIL.same(TRAIL.read(aws, where).value, before.value)


def test_whoever_reports_that_there_is_no_trail_is_understood():
    kind = resource_type("AWS::CloudTrail::AccountTrails")
    one = kind.target(f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail", "", "")
    assert one is not None
    for id in (ACCOUNT, f"AWS::::Account:{ACCOUNT}", f"arn:aws:iam::{ACCOUNT}:root"):
        assert kind.target(id, ACCOUNT, REGION) == one
    assert kind.target("arn:aws:s3:::b", ACCOUNT, REGION) is None
    assert kind.target(ACCOUNT, ACCOUNT, "") is None
