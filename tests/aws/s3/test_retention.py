"""Settings of retention, of the account and of keys read, write and go back; what is final says so."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.aws.cloudtrail.key import with_trail_grant
from hipaa_tui.aws.s3.retention import default_retention, with_lifecycle
from hipaa_tui.aws.s3.settings import FLAGS
from hipaa_tui.clouds import call_description
from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import bucket, do, key, make_bucket, text
from tests.aws.server import ACCOUNT, REGION

ABORT = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"


def bring(aws, id, target, value):
    one = setting(id)
    calls = one.calls(target, one.read(aws, target), value)
    for call in calls:
        aws.call(call)
    return calls


def rule(id="r", prefix="", status="Enabled", **actions):
    return {"ID": id, "Status": status, "Filter": {"Prefix": prefix}, **actions}


def expires(days, **more):
    return rule(**more, Expiration={"Days": days})


# Lifecycle -------------------------------------------------------------------------------------------


def test_lifecycle_rules_come_change_and_go(aws):
    target = make_bucket(aws, "phi-records")
    one = setting("aws.s3.lifecycle")
    assert one.read(aws, target).absent
    both = {"And": {"Prefix": "x", "Tags": [{"Key": "k", "Value": "v"}]}}
    value = {"Rules": [rule("a", **ABORT), {**expires(2500, id="b"), "Filter": both}]}
    bring(aws, one.id, target, value)
    assert one.same(one.read(aws, target).value, value)
    bring(aws, one.id, target, {"Rules": [rule("a", **ABORT)]})
    assert len(one.read(aws, target).value["Rules"]) == 1
    bring(aws, one.id, target, ABSENT)
    assert one.read(aws, target).absent


def test_the_smallest_size_of_transitions_is_written_back(aws):
    one, target = setting("aws.s3.lifecycle"), bucket("phi-records")
    value = {"Rules": [rule(**ABORT)], "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
    (call,) = one.write(target, Reading(ABSENT), value)
    assert call.arguments["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    assert not one.same(value, {"Rules": value["Rules"]})


def test_one_filter_has_many_forms():
    one = setting("aws.s3.lifecycle")
    bare = {"ID": "r", "Status": "Enabled", **ABORT}
    forms = [{**bare, "Filter": {"Prefix": ""}}, {**bare, "Filter": {}}, {**bare, "Prefix": ""}, bare]
    assert all(one.same({"Rules": [forms[0]]}, {"Rules": [form]}) for form in forms)
    assert not one.same({"Rules": [forms[0]]}, {"Rules": [{**bare, "Prefix": "a"}]})


@pytest.mark.parametrize(
    ("before", "after", "final"),
    [
        (ABSENT, [rule(**ABORT)], False),
        (ABSENT, [expires(2500)], True),
        (ABSENT, [expires(2500, status="Disabled")], False),
        (ABSENT, [rule(NoncurrentVersionExpiration={"NoncurrentDays": 30})], True),
        (ABSENT, [rule(Expiration={"ExpiredObjectDeleteMarker": True})], False),
        (ABSENT, [rule(Transitions=[{"Days": 30, "StorageClass": "GLACIER"}])], False),
        ([expires(400)], [expires(400)], False),
        ([expires(400)], [expires(500)], False),
        ([expires(400)], [expires(300)], True),
        ([expires(400)], [expires(400, prefix="a/")], False),
        ([expires(400, prefix="a/")], [expires(400)], True),
        ([expires(400)], ABSENT, False),
    ],
)
def test_only_what_deletes_more_than_today_is_final(before, after, final):
    held, wanted = ({"Rules": one} if one is not ABSENT else ABSENT for one in (before, after))
    assert bool(setting("aws.s3.lifecycle").cannot_be_undone(held, wanted)) is final


def test_our_rules_are_added_once_and_current_objects_are_never_deleted():
    asked = {"abort_days": 7, "noncurrent_days": 2500}
    value = with_lifecycle({"Rules": [rule("hipaa-tui-unfinished-uploads", "tmp/", **ABORT)]}, asked)
    assert [one["ID"] for one in value["Rules"]][1:] == [
        "hipaa-tui-unfinished-uploads-2",
        "hipaa-tui-earlier-versions",
    ]
    assert with_lifecycle(value, asked) == value
    assert not any("Expiration" in one for one in value["Rules"])
    assert len(with_lifecycle(ABSENT, {"abort_days": 7, "noncurrent_days": 0})["Rules"]) == 1


# Object Lock -----------------------------------------------------------------------------------------


def test_a_lock_comes_for_good_and_its_default_comes_and_goes(aws):
    target = make_bucket(aws, "phi-records")
    lock, default = setting("aws.s3.object-lock"), setting("aws.s3.object-lock-retention")
    bring(aws, "aws.s3.bucket-versioning", target, {"Status": "Enabled"})
    assert lock.read(aws, target).absent
    assert default.read(aws, target).absent
    bring(aws, lock.id, target, {"ObjectLockEnabled": "Enabled"})
    assert default.read(aws, target).absent
    bring(aws, default.id, target, {"Mode": "GOVERNANCE", "Days": 30})
    assert default.read(aws, target).value == {"Mode": "GOVERNANCE", "Days": 30}
    bring(aws, default.id, target, ABSENT)
    assert default.read(aws, target).absent
    assert not lock.read(aws, target).absent
    with pytest.raises(ValueError, match="cannot be removed"):
        lock.calls(target, lock.read(aws, target), ABSENT)


def test_what_is_locked_for_good_is_marked():
    default, lock = setting("aws.s3.object-lock-retention"), setting("aws.s3.object-lock")
    assert "never turned off" in lock.cannot_be_undone(ABSENT, {"ObjectLockEnabled": "Enabled"})
    assert "730 days" in default.cannot_be_undone(ABSENT, {"Mode": "COMPLIANCE", "Years": 2})
    assert default.cannot_be_undone(ABSENT, {"Mode": "GOVERNANCE", "Days": 9}) == ""
    assert default.cannot_be_undone({"Mode": "COMPLIANCE", "Years": 2}, ABSENT) == ""
    assert default.same({"Mode": "GOVERNANCE", "Years": 1}, {"Mode": "GOVERNANCE", "Days": 365})


def test_a_retention_is_never_guessed_loosened_or_shortened():
    with pytest.raises(ValueError, match="say by which mode"):
        default_retention(ABSENT, {"mode": "", "days": 1})
    with pytest.raises(ValueError, match="loosen"):
        default_retention({"Mode": "COMPLIANCE", "Days": 9}, {"mode": "GOVERNANCE", "days": 30})
    assert default_retention({"Mode": "GOVERNANCE", "Years": 1}, {"mode": "GOVERNANCE", "days": 30}) == {
        "Mode": "GOVERNANCE",
        "Days": 365,
    }


# The account -----------------------------------------------------------------------------------------


def test_the_accounts_block_comes_and_goes(aws):
    one = setting("aws.s3.account-public-access-block")
    (target,) = resource_type(one.resource).list(aws, ACCOUNT, "eu-west-1", "aws")
    assert one.read(aws, target).absent
    (call,) = bring(aws, one.id, target, dict.fromkeys(FLAGS, True))
    assert one.same(one.read(aws, target).value, dict.fromkeys(FLAGS, True))
    assert call_description.permissions([call]) == ("s3:PutAccountPublicAccessBlock",)
    assert call_description.command(call).startswith("aws s3control put-public-access-block --account-id")
    bring(aws, one.id, target, ABSENT)
    assert one.read(aws, target).absent
    assert one.settle_seconds >= 480


# Keys ------------------------------------------------------------------------------------------------


def target_of(arn):
    return resource_type("AWS::KMS::Key").target(arn, ACCOUNT, REGION)


def test_a_key_policy_is_written_whole_and_restored_word_for_word(aws):
    root = {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    before = text({**root, "Action": "kms:*", "Resource": "*"}).replace(": ", ":  ")
    target = target_of(key(aws, Policy=before))
    after = with_trail_grant(before, {"trail": TRAIL, "bucket_key": True})
    assert len(json.loads(after)["Statement"]) == 4
    assert with_trail_grant(after, {"trail": TRAIL, "bucket_key": True}) == after
    (call,) = bring(aws, "aws.kms.key-policy", target, after)
    assert "BypassPolicyLockoutSafetyCheck" not in call.arguments
    bring(aws, "aws.kms.key-policy", target, before)
    assert setting("aws.kms.key-policy").read(aws, target).value == before


def test_a_deletion_is_cancelled_and_scheduled_again_with_the_longest_wait(aws):
    one = setting("aws.kms.deletion")
    target = target_of(key(aws))
    assert one.read(aws, target).absent
    do(aws, "kms", "ScheduleKeyDeletion", KeyId=target.name, PendingWindowInDays=7)
    pending = one.read(aws, target).value
    assert pending["KeyState"] == "PendingDeletion"
    assert one.cannot_be_undone(pending, ABSENT) == ""
    assert "30 days later" in one.cannot_be_undone(ABSENT, pending)
    bring(aws, one.id, target, ABSENT)
    assert one.read(aws, target).absent
    (call,) = bring(aws, one.id, target, pending)
    assert call.arguments["PendingWindowInDays"] == 30
    assert one.same(one.read(aws, target).value, pending)


def test_a_key_is_switched_on_and_off(aws):
    one, target = setting("aws.kms.enabled"), target_of(key(aws))
    assert one.read(aws, target).value == {"Enabled": True}
    for on in (False, True):
        bring(aws, one.id, target, {"Enabled": on})
        assert one.read(aws, target).value == {"Enabled": on}
    gone = target_of(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-0000-4000-8000-000000000001")
    assert one.read(aws, gone).absent
