"""What a trail records is read from either kind of selector, extended without a loss, and put back."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.cloudtrail.events import advanced, recorded, with_object_events
from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import Answers, do, key, make_bucket
from tests.aws.server import ACCOUNT, REGION

ONE = setting("aws.cloudtrail.event-selectors")
DATA = [
    {"Field": "eventCategory", "Equals": ["Data"]},
    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
]
WANTED = {"partition": "aws", "log_bucket": "trail-logs"}


@pytest.fixture
def trail(aws):
    make_bucket(aws, "trail-logs")
    do(aws, "cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-logs")
    id = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
    return resource_type("AWS::CloudTrail::Trail").target(id, ACCOUNT, REGION)


def bring(aws, target, value):
    (call,) = ONE.calls(target, ONE.read(aws, target), value)
    aws.call(call)


def selector(*tests):
    return {"AdvancedEventSelectors": [{"Name": "x", "FieldSelectors": [*DATA, *tests]}]}


def basic(kind="All", management=True, resources=(), **more):
    return {
        "ReadWriteType": kind,
        "IncludeManagementEvents": management,
        "DataResources": list(resources),
        **more,
    }


def test_object_events_are_added_and_taken_back(aws, trail):
    before = ONE.read(aws, trail).value
    assert before["ObjectEvents"] == before["ObjectEventsElsewhere"] == "none"
    wanted = with_object_events(before, WANTED)
    bring(aws, trail, wanted)
    after = ONE.read(aws, trail).value
    assert ONE.same(after, wanted)
    assert not ONE.same(after, before)
    assert after["ObjectEvents"] == "all"
    assert with_object_events(after, WANTED)["AdvancedEventSelectors"] == after["AdvancedEventSelectors"]
    bring(aws, trail, before)
    assert ONE.same(ONE.read(aws, trail).value, before)


def test_the_trails_own_bucket_is_left_out_and_management_events_stay():
    value = with_object_events({"EventSelectors": [basic()]}, {**WANTED, "writes_only": True})
    management, own = value["AdvancedEventSelectors"]
    assert management["FieldSelectors"] == [{"Field": "eventCategory", "Equals": ["Management"]}]
    tests = {one["Field"]: one for one in own["FieldSelectors"]}
    assert tests["resources.ARN"]["NotStartsWith"] == ["arn:aws:s3:::trail-logs/"]
    assert tests["readOnly"]["Equals"] == ["false"]
    assert value["ObjectEvents"] == "write"


@pytest.mark.parametrize(
    ("one", "fields"),
    [
        (basic(), [{"eventCategory": ("Equals", ["Management"])}]),
        (
            basic("WriteOnly", ExcludeManagementEventSources=["kms.amazonaws.com"]),
            [
                {
                    "eventCategory": ("Equals", ["Management"]),
                    "readOnly": ("Equals", ["false"]),
                    "eventSource": ("NotEquals", ["kms.amazonaws.com"]),
                }
            ],
        ),
        (
            basic("ReadOnly", False, [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::phi/a"]}]),
            [
                {
                    "eventCategory": ("Equals", ["Data"]),
                    "resources.type": ("Equals", ["AWS::S3::Object"]),
                    "readOnly": ("Equals", ["true"]),
                    "resources.ARN": ("StartsWith", ["arn:aws:s3:::phi/a"]),
                }
            ],
        ),
        (
            basic("All", False, [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]),
            [
                {
                    "eventCategory": ("Equals", ["Data"]),
                    "resources.type": ("Equals", ["AWS::Lambda::Function"]),
                }
            ],
        ),
        (
            basic(
                "All", False, [{"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb:x:1:table/t"]}]
            ),
            [
                {
                    "eventCategory": ("Equals", ["Data"]),
                    "resources.type": ("Equals", ["AWS::DynamoDB::Table"]),
                    "resources.ARN": ("Equals", ["arn:aws:dynamodb:x:1:table/t"]),
                }
            ],
        ),
    ],
)
def test_basic_selectors_are_said_again_with_the_same_meaning(one, fields):
    said = [
        {t["Field"]: next((k, v) for k, v in t.items() if k != "Field") for t in s["FieldSelectors"]}
        for s in advanced({"EventSelectors": [one]})
    ]
    assert said == fields


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (selector(), "all"),
        (selector({"Field": "readOnly", "Equals": ["true"]}), "read"),
        (selector({"Field": "readOnly", "Equals": ["false"]}), "write"),
        (selector({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::logs/"]}), "all"),
        (selector({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::phi/"]}), "none"),
        (selector({"Field": "eventName", "Equals": ["PutObject"]}), "none"),
        (
            {
                "AdvancedEventSelectors": [
                    *selector({"Field": "readOnly", "Equals": ["true"]})["AdvancedEventSelectors"],
                    *selector({"Field": "readOnly", "Equals": ["false"]})["AdvancedEventSelectors"],
                ]
            },
            "all",
        ),
        ({"EventSelectors": [basic()]}, "none"),
        (
            {"EventSelectors": [basic(resources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}])]},
            "all",
        ),
        (
            {
                "EventSelectors": [
                    basic(
                        "WriteOnly",
                        resources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws-us-gov:s3:::"]}],
                    )
                ]
            },
            "write",
        ),
        (
            {
                "EventSelectors": [
                    basic(resources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::phi/"]}])
                ]
            },
            "none",
        ),
    ],
)
def test_what_is_recorded_of_objects_is_told(value, word):
    assert recorded(value) == word


def test_another_trail_of_every_region_can_do_the_work(aws, trail):
    do(aws, "cloudtrail", "CreateTrail", Name="whole", S3BucketName="trail-logs", IsMultiRegionTrail=True)
    chosen = selector()["AdvancedEventSelectors"]
    do(aws, "cloudtrail", "PutEventSelectors", TrailName="whole", AdvancedEventSelectors=chosen)
    assert ONE.read(aws, trail).value["ObjectEventsElsewhere"] == "none", "it is switched off"
    do(aws, "cloudtrail", "StartLogging", Name="whole")
    assert ONE.read(aws, trail).value["ObjectEventsElsewhere"] == "all"


def test_a_trail_that_is_gone_cannot_record(aws, trail):
    do(aws, "cloudtrail", "DeleteTrail", Name="main")
    assert ONE.read(aws, trail).absent
    with pytest.raises(ValueError, match="deleted"):
        ONE.write(trail, Reading(ABSENT), selector())
    with pytest.raises(ValueError, match="no such trail"):
        with_object_events(ABSENT, WANTED)


def test_what_aws_calls_the_default_is_one_value(aws, trail):
    """moto lists no selector where AWS lists the default one."""
    default = basic(ExcludeManagementEventSources=[])
    told = Answers(aws, GetEventSelectors={"EventSelectors": [default], "AdvancedEventSelectors": []})
    assert ONE.same(ONE.read(aws, trail).value, ONE.read(told, trail).value)


def test_the_key_of_the_files_comes_and_goes(aws, trail):
    one, named = setting("aws.cloudtrail.encryption-key"), key(aws)
    for value in ({"KmsKeyId": named}, {"KmsKeyId": ""}):
        for call in one.calls(trail, one.read(aws, trail), value):
            aws.call(call)
        assert one.read(aws, trail).value == value
