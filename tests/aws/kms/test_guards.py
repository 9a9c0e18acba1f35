"""Guards of KMS keys: whether a key can be used where the plan sets it, and whether AWS can rotate it."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, allow, do, key, make_bucket, text, verdict
from tests.aws.server import ACCOUNT, REGION

ROOT = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*")
LOGS = allow({"Service": f"logs.{REGION}.amazonaws.com"}, "kms:*", "*")
SCALING = allow(
    {
        "AWS": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    },
    "kms:*",
    "*",
)


def short(arn):
    return arn.rpartition("/")[2]


def test_a_key_that_works_passes_and_one_that_is_made_here_too(aws):
    target = make_bucket(aws, "phi-records")
    assert verdict(aws, "kms-key-usable", target, key="")[0] is Outcome.PASS
    assert verdict(aws, "kms-key-usable", target, key=key(aws))[0] is Outcome.PASS
    assert verdict(aws, "kms-key-usable", target, parameters={"kms_key": key(aws)})[0] is Outcome.PASS


def test_a_key_that_is_named_by_the_plan_is_looked_at(aws):
    target, named = make_bucket(aws, "phi-records"), key(aws)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": named}
    after = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    assert verdict(aws, "kms-key-usable", target, ("aws.s3.bucket-encryption", after))[0] is Outcome.PASS
    do(aws, "kms", "DisableKey", KeyId=short(named))
    outcome, reason = verdict(aws, "kms-key-usable", target, ("aws.s3.bucket-encryption", after))
    assert outcome is Outcome.BLOCK
    assert "Disabled" in reason


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "RSA_2048"),
        ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "HMAC_256"),
    ],
)
def test_a_key_that_is_no_symmetric_one_is_refused(aws, arguments, words):
    target = make_bucket(aws, "phi-records")
    outcome, reason = verdict(aws, "kms-key-usable", target, key=key(aws, **arguments))
    assert outcome is Outcome.BLOCK
    assert words in reason


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-0000-4000-8000-000000000001", "does not exist"),
        (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-0000-4000-8000-000000000001", "eu-west-1"),
    ],
)
def test_a_key_has_to_be_there(aws, arn, words):
    target = make_bucket(aws, "phi-records")
    outcome, reason = verdict(aws, "kms-key-usable", target, key=arn)
    assert outcome is Outcome.BLOCK
    assert words in reason


def test_the_key_of_logs_lets_logs_in(aws):
    group = resource_type("AWS::Logs::LogGroup").target("/hipaa-tui/x", ACCOUNT, REGION)
    for policy, outcome in ((text(ROOT), Outcome.BLOCK), (text(ROOT, LOGS), Outcome.PASS)):
        named = key(aws, Policy=policy)
        draft = ("aws.logs.log-group", {"kmsKeyId": named, "retentionInDays": 400})
        assert verdict(aws, "kms-key-usable", group, draft)[0] is outcome


def test_the_key_of_new_volumes_lets_auto_scaling_in_where_there_is_some(aws):
    target = resource_type("AWS::EC2::EBSEncryptionByDefault").target(ACCOUNT, ACCOUNT, REGION)

    def ask(policy):
        named = key(aws, Policy=policy)
        # moto fails on this one.
        now = Answers(aws, GetEbsDefaultKmsKeyId={"KmsKeyId": "alias/aws/ebs"})
        return verdict(now, "kms-key-usable", target, ("aws.ec2.ebs-default-key", {"KmsKeyId": named}))[0]

    assert ask(text(ROOT)) is Outcome.PASS
    do(
        aws,
        "autoscaling",
        "CreateLaunchConfiguration",
        LaunchConfigurationName="l",
        ImageId="ami-1",
        InstanceType="t3.micro",
    )
    do(
        aws,
        "autoscaling",
        "CreateAutoScalingGroup",
        AutoScalingGroupName="portal",
        LaunchConfigurationName="l",
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=[f"{REGION}a"],
    )
    assert ask(text(ROOT)) is Outcome.BLOCK
    assert ask(text(ROOT, SCALING)) is Outcome.PASS


@pytest.mark.parametrize(
    ("arguments", "outcome", "words"),
    [
        ({}, Outcome.PASS, "rotate"),
        ({"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, Outcome.BLOCK, "RSA_2048"),
        ({"Origin": "EXTERNAL"}, Outcome.BLOCK, "EXTERNAL"),
    ],
)
def test_aws_rotates_only_what_it_made(aws, arguments, outcome, words):
    target = resource_type("AWS::KMS::Key").target(key(aws, **arguments), ACCOUNT, REGION)
    found, reason = verdict(aws, "kms-rotatable", target)
    assert found is outcome
    assert words in reason


def test_a_key_that_is_off_is_not_rotated(aws):
    named = key(aws)
    do(aws, "kms", "DisableKey", KeyId=short(named))
    target = resource_type("AWS::KMS::Key").target(named, ACCOUNT, REGION)
    assert verdict(aws, "kms-rotatable", target)[0] is Outcome.BLOCK


def test_an_alias_stands_for_its_key(aws):
    target = make_bucket(aws, "phi-records")
    do(aws, "kms", "CreateAlias", AliasName="alias/phi", TargetKeyId=key(aws).rpartition("/")[2])
    assert verdict(aws, "kms-key-usable", target, key="alias/phi")[0] is Outcome.PASS
    whole = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/phi"
    assert verdict(aws, "kms-key-usable", target, key=whole)[0] is Outcome.PASS
