"""Keys of KMS: made, rotated, switched on and off, deleted later, and never out of reach of their account."""

from __future__ import annotations

import json

from hipaa_tui.aws.cloudtrail.key import with_trail_grant
from hipaa_tui.providers.model import Call, Target
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import do, key, text
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import bring

# KMS
ALIAS = Target("aws", "AWS::KMS::Key", ACCOUNT, REGION, "alias/hipaa-tui-phi", "alias/hipaa-tui-phi")
NAME = Target("aws", "AWS::KMS::Alias", ACCOUNT, REGION, "alias/hipaa-tui-phi", "alias/hipaa-tui-phi")


def a_key(aws):
    from hipaa_tui.aws.kms.settings import own_key

    value = own_key(None, {"description": "ours", "partition": "aws", "account": ACCOUNT})
    bring(aws, "aws.kms.key", ALIAS, value)
    return value


def test_a_key_of_our_own_rotates_and_is_found_before_it_has_its_alias(aws):
    one = setting("aws.kms.key")
    assert one.read(aws, ALIAS).absent
    value = a_key(aws)
    found = one.read(aws, ALIAS)
    assert one.same(found.value, value)
    assert found.value["EnableKeyRotation"] is True
    assert found.identity["Arn"].startswith("arn:aws:kms:")
    assert one.calls(ALIAS, found, value) == []


def test_a_key_behind_the_alias_is_taken_whoever_made_it(aws):
    theirs = aws.call(Call("aws", "kms", "CreateKey", {"Description": "theirs"}, REGION))["KeyMetadata"]
    bring(aws, "aws.kms.alias", NAME, {"TargetKeyId": theirs["KeyId"]})
    found = setting("aws.kms.key").read(aws, ALIAS)
    assert found.identity["KeyId"] == theirs["KeyId"]
    assert setting("aws.kms.alias").read(aws, NAME).value == {"TargetKeyId": theirs["KeyId"]}


def test_a_key_that_is_to_be_deleted_is_not_taken(aws):
    a_key(aws)
    key = setting("aws.kms.key").read(aws, ALIAS).identity["KeyId"]
    aws.call(Call("aws", "kms", "ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": 7}, REGION))
    assert setting("aws.kms.key").read(aws, ALIAS).absent


def test_a_key_policy_never_locks_its_account_out():
    from hipaa_tui.aws.kms.settings import own_key
    from hipaa_tui.aws.policies.documents import statements

    value = own_key(
        None,
        {
            "description": "x",
            "partition": "aws-us-gov",
            "account": ACCOUNT,
            "services": ["sns.amazonaws.com"],
        },
    )
    root = statements(value["Policy"])[0]
    assert root["Principal"] == {"AWS": f"arn:aws-us-gov:iam::{ACCOUNT}:root"}
    assert root["Action"] == "kms:*"


def test_rotation_is_switched_on_and_back(aws):
    key = aws.call(Call("aws", "kms", "CreateKey", {}, REGION))["KeyMetadata"]
    (target,) = resource_type("AWS::KMS::Key").list(aws, ACCOUNT, REGION, "aws")
    assert target.id == key["Arn"]
    one = setting("aws.kms.rotation")
    assert one.read(aws, target).value == {"KeyRotationEnabled": False}
    bring(aws, "aws.kms.rotation", target, {"KeyRotationEnabled": True})
    assert one.same(one.read(aws, target).value, {"KeyRotationEnabled": True})
    bring(aws, "aws.kms.rotation", target, {"KeyRotationEnabled": False})
    assert one.read(aws, target).value == {"KeyRotationEnabled": False}


def test_keys_that_can_rotate_and_those_about_to_go_are_listed(aws):
    good = aws.call(Call("aws", "kms", "CreateKey", {}, REGION))["KeyMetadata"]
    aws.call(Call("aws", "kms", "CreateKey", {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, REGION))
    aws.call(Call("aws", "kms", "CreateKey", {"Origin": "EXTERNAL"}, REGION))
    doomed = aws.call(Call("aws", "kms", "CreateKey", {}, REGION))["KeyMetadata"]
    aws.call(
        Call(
            "aws", "kms", "ScheduleKeyDeletion", {"KeyId": doomed["KeyId"], "PendingWindowInDays": 7}, REGION
        )
    )
    listed = {t.id for t in resource_type("AWS::KMS::Key").list(aws, ACCOUNT, REGION, "aws")}
    assert listed == {good["Arn"], doomed["Arn"]}


TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"


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
