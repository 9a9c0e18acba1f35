"""Settings of a bucket are read, written and taken back on a live server."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import bring

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
