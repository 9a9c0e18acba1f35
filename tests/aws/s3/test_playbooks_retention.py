"""Versioning, Object Lock, lifecycle rules and the account's block: found, set, verified, and taken back as far as S3 lets them."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.providers.registry import resource_types
from tests.aws.guards import do
from tests.aws.runs import CATALOGUE, applied, comes_and_goes, found, planned, undone
from tests.aws.server import ACCOUNT, REGION


@pytest.fixture
def estate(aws):
    """Two buckets."""
    for name in ("phi-records", "trail-files"):
        do(aws, "s3", "CreateBucket", Bucket=name)
    return aws


def test_versions_stay_on_and_the_plan_says_so(estate, journal):
    playbook = CATALOGUE.get("aws.s3.versioning")
    plan = planned(playbook, estate)
    assert all("never goes back" in change.reversal for change in plan.changes)
    run = applied(plan, estate, journal)
    back = undone(run, estate, journal)
    assert back.changes == ()
    assert all("stays" in one.reason for one in back.skipped)
    assert found(playbook, estate) == set()


def test_versions_that_were_suspended_are_suspended_again(estate, journal):
    for status in ("Enabled", "Suspended"):
        do(
            estate,
            "s3",
            "PutBucketVersioning",
            Bucket="phi-records",
            VersioningConfiguration={"Status": status},
        )
    playbook = CATALOGUE.get("aws.s3.versioning")
    run = applied(planned(playbook, estate, ["arn:aws:s3:::phi-records"]), estate, journal)
    undone(run, estate, journal)
    assert do(estate, "s3", "GetBucketVersioning", Bucket="phi-records")["Status"] == "Suspended"


def test_nothing_is_locked_unless_somebody_says_how(estate):
    playbook = CATALOGUE.get("aws.s3.object-lock")
    assert playbook.parameters["mode"].default == ""
    plan = planned(playbook, estate)
    assert plan.changes == ()
    assert {one.resource for one in plan.skipped} == found(playbook, estate)
    assert all("never turned off" in one.reason for one in plan.skipped)


def test_a_lock_goes_back_as_far_as_it_can_and_says_how_far(estate, journal):
    playbook = CATALOGUE.get("aws.s3.object-lock")
    plan = planned(playbook, estate, ["arn:aws:s3:::phi-records"], mode="GOVERNANCE", days="2")
    assert not plan.blocked
    final = {change.setting: bool(change.irreversible) for change in plan.changes}
    assert final == {
        "aws.s3.bucket-versioning": False,
        "aws.s3.object-lock": True,
        "aws.s3.object-lock-retention": False,
    }
    run = applied(plan, estate, journal)
    held = do(estate, "s3", "GetObjectLockConfiguration", Bucket="phi-records")["ObjectLockConfiguration"]
    assert held["Rule"]["DefaultRetention"]["Mode"] == "GOVERNANCE"
    back = undone(run, estate, journal)
    assert [change.setting for change in back.changes] == ["aws.s3.object-lock-retention"]
    assert any("never turned off" in one.reason for one in back.skipped)
    held = do(estate, "s3", "GetObjectLockConfiguration", Bucket="phi-records")["ObjectLockConfiguration"]
    assert held == {"ObjectLockEnabled": "Enabled"}


def test_compliance_is_never_applied_from_here(estate):
    playbook = CATALOGUE.get("aws.s3.object-lock")
    plan = planned(playbook, estate, ["arn:aws:s3:::phi-records"], mode="COMPLIANCE", days="2")
    assert len(plan.blocked) == len(plan.changes) == 3
    retention = next(one for one in plan.changes if one.setting == "aws.s3.object-lock-retention")
    assert "nobody can delete" in retention.irreversible


def test_rules_that_delete_are_marked_and_those_that_are_there_stay(estate, journal):
    theirs = {"ID": "theirs", "Status": "Disabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 9}}
    rules = {"Rules": [theirs]}
    do(estate, "s3", "PutBucketLifecycleConfiguration", Bucket="phi-records", LifecycleConfiguration=rules)
    playbook = CATALOGUE.get("aws.s3.lifecycle")
    phi = ["arn:aws:s3:::phi-records"]
    plan = planned(playbook, estate, phi, noncurrent_days="2500")
    (change,) = plan.changes
    assert "2500 days" in change.irreversible
    assert change.after["Rules"][0]["ID"] == "theirs"
    run = applied(plan, estate, journal)
    assert planned(playbook, estate, phi, noncurrent_days="2500").changes == ()
    undone(run, estate, journal)
    held = do(estate, "s3", "GetBucketLifecycleConfiguration", Bucket="phi-records")["Rules"]
    assert [rule["ID"] for rule in held] == ["theirs"]


def test_the_account_is_closed_only_when_no_bucket_is_read_by_everybody(estate, journal):
    statement = {"Sid": "Shared", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    statement["Resource"] = "arn:aws:s3:::phi-records/*"
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    do(estate, "s3", "PutBucketPolicy", Bucket="phi-records", Policy=text)
    playbook = CATALOGUE.get("aws.s3.account-public-access-block")
    assert planned(playbook, estate).blocked
    named = planned(playbook, estate, private_anyway="phi-records")
    assert not named.blocked
    applied(named, estate, journal)


@pytest.mark.parametrize(
    "id",
    [
        f"arn:aws:s3:us-east-1:{ACCOUNT}:account",
        f"AWS::::Account:{ACCOUNT}",
        ACCOUNT,
        f"arn:aws:iam::{ACCOUNT}:root",
    ],
)
def test_the_account_is_one_resource_however_a_tool_names_it(id):
    kind = resource_types()["AWS::S3::AccountPublicAccessBlock"]
    found = kind.target(id, ACCOUNT, "eu-west-1")
    assert found == kind.target(ACCOUNT, ACCOUNT, REGION)
    assert kind.target("arn:aws:s3:::phi-records", ACCOUNT, REGION) is None


@pytest.mark.parametrize(
    ("check", "playbook"),
    [
        ("s3_bucket_object_versioning", "aws.s3.versioning"),
        ("S3.13", "aws.s3.lifecycle"),
        ("s3-bucket-default-lock-enabled", "aws.s3.object-lock"),
        ("s3_account_level_public_access_blocks", "aws.s3.account-public-access-block"),
    ],
)
def test_a_check_of_another_tool_finds_its_playbook(check, playbook):
    assert CATALOGUE.for_check(check).id == playbook


@pytest.mark.parametrize("id", ["aws.s3.lifecycle", "aws.s3.account-public-access-block"])
def test_a_fix_is_found_made_verified_and_taken_back(estate, journal, id):
    comes_and_goes(CATALOGUE.get(id), estate, journal)
