"""The guard of a trail's KMS key: whether CloudTrail can use it, and whether readers of the files can."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.aws.cloudtrail.key import grants
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import allow, do, key, text, verdict
from tests.aws.server import ACCOUNT, REGION

TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
KEY = "aws.cloudtrail.encryption-key"
POLICY = "aws.kms.key-policy"
PARTNER = "444455556666"
ROOT = {**allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*"), "Sid": "Root"}


def granted(*more, **options):
    return text(ROOT, *grants(TRAIL, **options), *more)


def ask(aws, trail, named, *drafts):
    return verdict(aws, "trail-key-usable", trail, (KEY, {"KmsKeyId": named}), *drafts)


def test_a_key_that_cloudtrail_may_use_passes(aws, trail):
    outcome, reason = ask(aws, trail, key(aws, Policy=granted()))
    assert outcome is Outcome.PASS, reason


@pytest.mark.parametrize("left", ["kms:GenerateDataKey*", "kms:DescribeKey"])
def test_a_statement_that_is_missing_is_given_word_for_word(aws, trail, left):
    have = [one for one in grants(TRAIL) if one["Action"] != left]
    outcome, reason = ask(aws, trail, key(aws, Policy=text(ROOT, *have)))
    assert outcome is Outcome.BLOCK
    said = json.loads(reason[reason.index("add ") + 4 :])
    assert said in grants(TRAIL)
    assert said["Action"] == left


def test_a_grant_for_another_trail_is_none(aws, trail):
    outcome, _ = ask(aws, trail, key(aws, Policy=text(ROOT, *grants(TRAIL + "2"))))
    assert outcome is Outcome.BLOCK


def test_a_grant_in_other_words_is_one(aws, trail):
    whole = allow({"Service": "cloudtrail.amazonaws.com"}, ["kms:GenerateDataKey*", "kms:Describe*"], "*")
    context = f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"
    whole["Condition"] = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": context}}
    outcome, reason = ask(aws, trail, key(aws, Policy=text(ROOT, whole)))
    assert outcome is Outcome.PASS, reason


def test_the_policy_that_is_planned_counts(aws, trail):
    named = key(aws, Policy=text(ROOT))
    target = resource_type("AWS::KMS::Key").target(named, ACCOUNT, REGION)
    assert ask(aws, trail, named)[0] is Outcome.BLOCK
    assert ask(aws, trail, named, (POLICY, granted(), target))[0] is Outcome.PASS


def test_a_bucket_key_needs_one_statement_more(aws, trail):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    do(aws, "s3", "PutBucketEncryption", Bucket="trail-logs", ServerSideEncryptionConfiguration=rules)
    outcome, reason = ask(aws, trail, key(aws, Policy=granted()))
    assert outcome is Outcome.BLOCK
    assert "kms:Decrypt" in reason
    assert ask(aws, trail, key(aws, Policy=granted(bucket_key=True)))[0] is Outcome.PASS


def test_a_key_that_is_off_of_another_kind_or_elsewhere_is_refused(aws, trail):
    off = key(aws, Policy=granted())
    do(aws, "kms", "DisableKey", KeyId=off.rpartition("/")[2])
    assert "Disabled" in ask(aws, trail, off)[1]
    odd = key(aws, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    assert "RSA_2048" in ask(aws, trail, odd)[1]
    far = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-0000-4000-8000-000000000001"
    assert "eu-west-1" in ask(aws, trail, far)[1]
    assert {ask(aws, trail, one)[0] for one in (off, odd, far)} == {Outcome.BLOCK}


def test_readers_of_another_account_need_the_key_too(aws, trail):
    reads = allow({"AWS": f"arn:aws:iam::{PARTNER}:role/siem"}, "s3:GetObject", "arn:aws:s3:::trail-logs/*")
    do(aws, "s3", "PutBucketPolicy", Bucket="trail-logs", Policy=text(reads))
    outcome, reason = ask(aws, trail, key(aws, Policy=granted()))
    assert outcome is Outcome.WARN
    assert PARTNER in reason
    opened = allow({"AWS": f"arn:aws:iam::{PARTNER}:role/siem"}, "kms:Decrypt", "*")
    assert ask(aws, trail, key(aws, Policy=granted(opened)))[0] is Outcome.PASS


def test_no_key_policy_no_question(aws, trail):
    assert verdict(aws, "key-administrators-kept", trail)[0] is Outcome.PASS
    assert {"key-administrators-kept", "trail-key-usable", "data-events-cost"} <= guards()[1]
