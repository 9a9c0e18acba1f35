"""A trail's data events and key: found, set, verified and taken back."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.providers.guard import Outcome
from tests.aws.guards import allow, do, make_bucket
from tests.aws.runs import CATALOGUE, applied, comes_and_goes, planned, undone
from tests.aws.server import ACCOUNT

TRAILS = {"Service": "cloudtrail.amazonaws.com"}


@pytest.fixture
def estate(aws):
    """A trail into one of two buckets, and a key."""
    make_bucket(aws, "phi-records")
    make_bucket(
        aws,
        "trail-files",
        allow(TRAILS, "s3:GetBucketAcl", "arn:aws:s3:::trail-files"),
        allow(TRAILS, "s3:PutObject", "arn:aws:s3:::trail-files/*"),
    )
    do(aws, "cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files")
    do(aws, "kms", "CreateKey", Description="in use")
    return aws


def test_a_trail_gets_a_key_that_is_there_with_only_what_it_lacks(estate, journal):
    root = {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    before = json.dumps(
        {"Version": "2012-10-17", "Statement": [{**root, "Action": "kms:*", "Resource": "*"}]}
    )
    key = do(estate, "kms", "CreateKey", Policy=before)["KeyMetadata"]["Arn"]
    playbook = CATALOGUE.get("aws.cloudtrail.encryption")
    plan = planned(playbook, estate, kms_key=key)
    assert [change.setting for change in plan.changes] == [
        "aws.kms.key-policy",
        "aws.cloudtrail.encryption-key",
    ]
    assert not plan.blocked
    guards = {guard.guard: guard.outcome for guard in plan.changes[0].guards}
    assert guards["key-administrators-kept"] is guards["trail-key-usable"] is Outcome.PASS
    for change in plan.changes:
        assert all("BypassPolicyLockoutSafetyCheck" not in call.arguments for call in change.calls)
    run = applied(plan, estate, journal)
    assert do(estate, "cloudtrail", "GetTrail", Name="main")["Trail"]["KmsKeyId"] == key
    held = do(estate, "kms", "GetKeyPolicy", KeyId=key, PolicyName="default")["Policy"]
    assert json.loads(held)["Statement"][0]["Sid"] == "Root"
    undone(run, estate, journal)
    assert do(estate, "kms", "GetKeyPolicy", KeyId=key, PolicyName="default")["Policy"] == before


def test_a_second_trail_uses_the_key_of_the_first(estate, journal):
    do(estate, "cloudtrail", "CreateTrail", Name="second", S3BucketName="trail-files")
    plan = planned(CATALOGUE.get("aws.cloudtrail.encryption"), estate)
    applied(plan, estate, journal)
    assert sum(call.operation == "CreateKey" for change in plan.changes for call in change.calls) == 1
    keys = {one["KmsKeyId"] for one in do(estate, "cloudtrail", "DescribeTrails")["trailList"]}
    assert len(keys) == 1
    assert "" not in keys


@pytest.mark.parametrize(
    ("check", "playbook"),
    [
        ("cloudtrail-s3-dataevents-enabled", "aws.cloudtrail.data-events"),
        ("CloudTrail.2", "aws.cloudtrail.encryption"),
    ],
)
def test_a_check_of_another_tool_finds_its_playbook(check, playbook):
    assert CATALOGUE.for_check(check).id == playbook


@pytest.mark.parametrize("id", ["aws.cloudtrail.data-events", "aws.cloudtrail.encryption"])
def test_a_fix_is_found_made_verified_and_taken_back(estate, journal, id):
    comes_and_goes(CATALOGUE.get(id), estate, journal)
