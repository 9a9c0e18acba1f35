"""Log groups without a key or with a short memory, and a trail that nobody can watch."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = ("aws.logs.encryption", "aws.logs.retention", "aws.cloudtrail.cloudwatch-logs")


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the group /kept is as it should be."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    do("logs", "CreateLogGroup", logGroupName="/app/phi-api")
    do("logs", "PutRetentionPolicy", logGroupName="/app/phi-api", retentionInDays=30)
    do("logs", "CreateLogGroup", logGroupName="/kept", kmsKeyId=key)
    do("logs", "PutRetentionPolicy", logGroupName="/kept", retentionInDays=2192)
    do("s3", "CreateBucket", Bucket="trail-files")
    statement = {
        "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*",
        "Resource": ["arn:aws:s3:::trail-files", "arn:aws:s3:::trail-files/*"],
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    do("s3", "PutBucketPolicy", Bucket="trail-files", Policy=policy)
    do("cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files")
    assert ACCOUNT
    return cloud
