"""What the playbooks of retention, of the whole account and of the trail do: find, fix, verify, and go back.

Some of it cannot go back, or not all of the way: then the plan says so before, and the rollback after.
"""

from __future__ import annotations

import json

import pytest

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import resource_types, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.runs.verify import verify
from hipaa_tui.store.database import open_store
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
DELIVERS = {"Service": "cloudtrail.amazonaws.com"}
BACK_IN_FULL = (
    "aws.s3.lifecycle",
    "aws.s3.account-public-access-block",
    "aws.cloudtrail.data-events",
    "aws.cloudtrail.encryption",
    "aws.kms.scheduled-deletion",
)


def do(aws, service, operation, **arguments):
    return aws.call(Call("aws", service, operation, arguments, REGION))


@pytest.fixture
def estate(aws):
    """Two buckets, a trail into one of them, a key that works and one that is about to go."""
    for name in ("phi-records", "trail-files"):
        do(aws, "s3", "CreateBucket", Bucket=name)
    allow = {"Effect": "Allow", "Principal": DELIVERS}
    statements = [
        {**allow, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::trail-files"},
        {**allow, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::trail-files/*"},
    ]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    do(aws, "s3", "PutBucketPolicy", Bucket="trail-files", Policy=text)
    do(aws, "cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files")
    do(aws, "kms", "CreateKey", Description="in use")
    going = do(aws, "kms", "CreateKey", Description="retired")["KeyMetadata"]["KeyId"]
    do(aws, "kms", "ScheduleKeyDeletion", KeyId=going, PendingWindowInDays=7)
    return aws


@pytest.fixture
def journal(tmp_path):
    return Journal(open_store(tmp_path / "home" / "store.db"))


def found(playbook, aws, **given):
    seen = scan([playbook], [Place("aws", ACCOUNT, REGION)], {"aws": aws}, parameters=given)
    assert seen.problems == ()
    return {one.resource for one in seen.findings}


def planned(playbook, aws, resources=None, **given):
    kind = resource_types()[playbook.resource]
    ids = sorted(found(playbook, aws) if resources is None else resources)
    targets = [kind.target(id, ACCOUNT, REGION) for id in ids]
    return make_plan([Wish(playbook, one, (one.id,)) for one in targets], {"aws": aws}, given)


def applied(plan, aws, journal):
    run = Applying(plan, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    assert all(one.verified for one in verify(plan, {"aws": aws}))
    return run


def undone(run, aws, journal):
    back = rollback_plan(journal, run, {"aws": aws})
    assert not back.blocked
    if not back.changes:
        return back
    Applying(back, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    return back


@pytest.mark.parametrize("id", BACK_IN_FULL)
def test_a_fix_is_found_made_verified_and_taken_back(estate, journal, id):
    playbook = CATALOGUE.get(id)
    wrong = found(playbook, estate)
    assert wrong
    plan = planned(playbook, estate)
    assert plan.skipped == ()
    assert not plan.blocked
    assert not any(change.irreversible for change in plan.changes)
    run = applied(plan, estate, journal)
    assert found(playbook, estate) == set()
    undone(run, estate, journal)
    assert found(playbook, estate) == wrong
    for change in plan.changes:
        if change.target.id in wrong:
            live = fresh({"aws": estate}, change.setting, change.target).value
            assert setting(change.setting).same(live, change.before), change.setting


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


def test_a_key_is_kept_disabled_unless_somebody_wants_it_enabled(estate, journal):
    playbook = CATALOGUE.get("aws.kms.scheduled-deletion")
    (key,) = found(playbook, estate)
    run = applied(planned(playbook, estate), estate, journal)
    assert state(estate, key) == "Disabled"
    back = rollback_plan(journal, run, {"aws": estate})
    assert "all that it encrypts is lost" in back.changes[0].irreversible
    assert back.changes[0].calls[0].arguments["PendingWindowInDays"] == 30
    Applying(back, {"aws": estate}, journal, sleep=lambda seconds: None).start()
    run = applied(planned(playbook, estate, enable="true"), estate, journal)
    assert state(estate, key) == "Enabled"
    undone(run, estate, journal)
    assert state(estate, key) == "PendingDeletion"


def state(aws, key):
    return do(aws, "kms", "DescribeKey", KeyId=key)["KeyMetadata"]["KeyState"]


def test_a_key_that_is_about_to_go_needs_no_rotation(estate):
    going = found(CATALOGUE.get("aws.kms.scheduled-deletion"), estate)
    assert not going & found(CATALOGUE.get("aws.kms.rotation"), estate)


@pytest.mark.parametrize(
    ("check", "playbook"),
    [
        ("s3_bucket_object_versioning", "aws.s3.versioning"),
        ("S3.13", "aws.s3.lifecycle"),
        ("s3-bucket-default-lock-enabled", "aws.s3.object-lock"),
        ("s3_account_level_public_access_blocks", "aws.s3.account-public-access-block"),
        ("cloudtrail-s3-dataevents-enabled", "aws.cloudtrail.data-events"),
        ("CloudTrail.2", "aws.cloudtrail.encryption"),
        ("KMS.3", "aws.kms.scheduled-deletion"),
    ],
)
def test_a_check_of_another_tool_finds_its_playbook(check, playbook):
    assert CATALOGUE.for_check(check).id == playbook


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
