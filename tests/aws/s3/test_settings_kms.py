"""S3's and KMS's settings read, write and go back on a live server, through the real SDK."""

import pytest

from hipaa_tui.providers.model import Call, Target
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import OWN_ANSWER, at, resolve
from tests.aws.server import ACCOUNT, REGION

BUCKET = "phi-records"
KMS = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"},
            "BucketKeyEnabled": True,
        }
    ]
}
FLAGS = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
POLICY = '{"Version": "2012-10-17",  "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::phi-records/*"}}'


def bucket(name=BUCKET):
    return resource_type("AWS::S3::Bucket").target(f"arn:aws:s3:::{name}", ACCOUNT, REGION)


def bring(aws, setting_id, target, value):
    one = setting(setting_id)
    answers = {}
    calls = one.calls(target, one.read(aws, target), value)
    for call in calls:
        ready = resolve(
            dict(call.arguments), lambda id, name: at(answers, name) if id == OWN_ANSWER else None
        )
        answers.update(aws.call(Call(call.provider, call.service, call.operation, ready, call.region)))
    return calls


@pytest.fixture
def made(aws):
    for name in (BUCKET, "logs-here"):
        aws.call(Call("aws", "s3", "CreateBucket", {"Bucket": name}, REGION))
    return aws


@pytest.mark.parametrize(
    ("setting_id", "value"),
    [
        ("aws.s3.bucket-encryption", KMS),
        ("aws.s3.public-access-block", FLAGS),
        ("aws.s3.bucket-policy", POLICY),
    ],
)
def test_a_bucket_setting_comes_and_goes(made, setting_id, value):
    one = setting(setting_id)
    assert one.read(made, bucket()).absent
    bring(made, setting_id, bucket(), value)
    found = one.read(made, bucket())
    assert one.same(found.value, value)
    assert not one.same(found.value, None)
    bring(made, setting_id, bucket(), None)
    assert one.read(made, bucket()).absent


def test_the_text_of_a_policy_is_restored_word_for_word(made):
    bring(made, "aws.s3.bucket-policy", bucket(), POLICY)
    assert setting("aws.s3.bucket-policy").read(made, bucket()).value == POLICY


def test_logging_is_switched_on_and_off(made):
    one = setting("aws.s3.bucket-logging")
    allow = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs-here/*"}]}'
    bring(made, "aws.s3.bucket-policy", bucket("logs-here"), allow)
    wanted = {"TargetBucket": "logs-here", "TargetPrefix": "phi-records/"}
    assert one.read(made, bucket()).absent
    bring(made, "aws.s3.bucket-logging", bucket(), wanted)
    assert one.same(one.read(made, bucket()).value, wanted)
    bring(made, "aws.s3.bucket-logging", bucket(), None)
    assert one.read(made, bucket()).absent


def test_versioning_is_absent_until_it_was_ever_on(made):
    one = setting("aws.s3.bucket-versioning")
    assert one.read(made, bucket()).absent
    bring(made, "aws.s3.bucket-versioning", bucket(), {"Status": "Enabled"})
    assert one.read(made, bucket()).value == {"Status": "Enabled"}


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_bucket_is_made_in_its_region(aws, region):
    target = resource_type("AWS::S3::Bucket").target("arn:aws:s3:::new-logs", ACCOUNT, region)
    assert setting("aws.s3.bucket").read(aws, target).absent
    bring(aws, "aws.s3.bucket", target, {"Region": region})
    assert setting("aws.s3.bucket").read(aws, target).value == {"Region": region}
    (listed,) = resource_type("AWS::S3::Bucket").list(aws, ACCOUNT, REGION, "aws")
    assert (listed.name, listed.region) == ("new-logs", region)


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("arn:aws:s3:::phi", "phi"),
        ("phi-bare-name", "phi-bare-name"),
        ("arn:aws-us-gov:s3:::phi", "phi"),
        ("arn:aws:s3:::phi/object", None),
        (f"arn:aws:s3:us-east-1:{ACCOUNT}:account", None),
        ("arn:aws:ec2:us-east-1:1:vpc/vpc-1", None),
        ("../../etc", None),
    ],
)
def test_a_report_names_a_bucket_or_something_else(id, name):
    found = resource_type("AWS::S3::Bucket").target(id, ACCOUNT, REGION)
    assert (found.name if found else None) == name


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
