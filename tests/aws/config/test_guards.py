"""Guards of AWS Config: who keeps the recorder, what recording costs, and whether the bucket takes its deliveries."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Cloud, Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, Refusing, allow, do, make_bucket, verdict
from tests.aws.server import ACCOUNT, REGION

CONFIG = {"Service": "config.amazonaws.com"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
ALL = {"allSupported": True, "includeGlobalResourceTypes": False}


def switch(type: str) -> Target:
    found = resource_type(type).target(ACCOUNT, ACCOUNT, REGION)
    assert found is not None
    return found


RECORDER = switch("AWS::Config::ConfigurationRecorder")
CHANNEL = ("aws.config.delivery-channel", {"s3BucketName": "audit"})


def put_recorder(aws: Cloud, name: str = "default", role: str = ROLE, **group: object) -> None:
    recorder = {"name": name, "roleARN": role, "recordingGroup": group or ALL}
    do(aws, "config", "PutConfigurationRecorder", ConfigurationRecorder=recorder)


def test_a_region_without_a_recorder_may_get_one(aws):
    assert verdict(aws, "recorder-owner", RECORDER)[0] is Outcome.PASS


@pytest.mark.parametrize(
    ("made", "outcome", "word"),
    [
        ({}, Outcome.PASS, "stays and records more"),
        ({"role": f"arn:aws:iam::{ACCOUNT}:role/recorder"}, Outcome.WARN, "keeps its own role"),
        (
            {"resourceTypes": ["AWS::EC2::VPC"], "allSupported": False},
            Outcome.WARN,
            "records only 1 resource types",
        ),
        ({"name": "aws-controltower-BaselineConfigRecorder"}, Outcome.BLOCK, "Control Tower"),
    ],
)
def test_a_recorder_belongs_to_whoever_made_it(aws, made, outcome, word):
    put_recorder(aws, **made)
    found, reason = verdict(aws, "recorder-owner", RECORDER)
    assert (found, word in reason) == (outcome, True)


def test_little_to_record_is_priced_and_much_is_warned_of(aws):
    make_bucket(aws, "one")
    do(aws, "s3", "PutBucketTagging", Bucket="one", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    outcome, reason = verdict(aws, "config-cost", RECORDER)
    assert (outcome, reason.startswith("the region has 1 tagged resources")) == (Outcome.PASS, True)
    page = {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:s3:::x"}] * 100, "PaginationToken": "more"}
    outcome, reason = verdict(Answers(aws, GetResources=page), "config-cost", RECORDER)
    assert (outcome, "at least 5000" in reason, "15.00 USD" in reason) == (Outcome.WARN, True, True)


def bucket_verdict(aws: Cloud, name: str):
    return verdict(aws, "config-bucket-ready", RECORDER, CHANNEL, bucket=name)


def test_a_bucket_that_lets_aws_config_in_will_do(aws):
    ours = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    looks = allow(CONFIG, "s3:GetBucketAcl", "arn:aws:s3:::audit", **ours)
    make_bucket(aws, "audit", looks, allow(CONFIG, "s3:PutObject", "arn:aws:s3:::audit/*", **ours))
    assert bucket_verdict(aws, "audit")[0] is Outcome.PASS
    assert bucket_verdict(aws, "")[0] is Outcome.PASS


def test_a_bucket_that_keeps_aws_config_out_blocks(aws):
    looks = allow(CONFIG, "s3:GetBucketAcl", "arn:aws:s3:::audit")
    theirs = {"Condition": {"StringEquals": {"aws:SourceAccount": "1" * 12}}}
    make_bucket(aws, "audit", looks, allow(CONFIG, "s3:PutObject", "arn:aws:s3:::audit/*", **theirs))
    outcome, reason = bucket_verdict(aws, "audit")
    assert (outcome, "grant config.amazonaws.com s3:PutObject" in reason) == (Outcome.BLOCK, True)
    assert bucket_verdict(aws, "missing") == (Outcome.BLOCK, "the bucket missing does not exist")
    assert bucket_verdict(aws, "Not/a-bucket")[0] is Outcome.BLOCK


def test_a_log_archive_that_nobody_here_may_look_at_is_a_warning(aws):
    outcome, reason = bucket_verdict(Refusing(aws, "AccessDenied", "HeadBucket"), "archive")
    assert (outcome, "its owner has to grant" in reason) == (Outcome.WARN, True)


def test_a_channel_that_is_there_needs_no_bucket(aws):
    put_recorder(aws)
    do(aws, "config", "PutDeliveryChannel", DeliveryChannel={"name": "theirs", "s3BucketName": "theirs"})
    assert verdict(aws, "config-bucket-ready", RECORDER, bucket="missing")[0] is Outcome.PASS


def test_security_hub_is_warned_where_aws_config_does_not_record(aws):
    hub = switch("AWS::SecurityHub::Hub")
    assert verdict(aws, "config-records", hub)[0] is Outcome.WARN
    put_recorder(aws)
    do(aws, "config", "PutDeliveryChannel", DeliveryChannel={"name": "theirs", "s3BucketName": "theirs"})
    do(aws, "config", "StartConfigurationRecorder", ConfigurationRecorderName="default")
    assert verdict(aws, "config-records", hub)[0] is Outcome.PASS
