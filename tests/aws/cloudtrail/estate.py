"""Trails whose buckets everybody may list and that no log group hears; "kept" is as it should be."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = ("aws.cloudtrail.bucket-public", "aws.cloudtrail.cloudwatch-logs")
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
CLOSED = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    for name in ("listed", "half", "kept"):
        trail(do, name)
    for name in ("listed", "half"):
        acl = do("s3", "GetBucketAcl", Bucket=f"{name}-logs")
        grants = [*acl["Grants"], {"Grantee": {"Type": "Group", "URI": EVERYBODY}, "Permission": "READ"}]
        do(
            "s3",
            "PutBucketAcl",
            Bucket=f"{name}-logs",
            AccessControlPolicy={"Owner": acl["Owner"], "Grants": grants},
        )
    half = {**dict.fromkeys(CLOSED, False), "BlockPublicPolicy": True}
    do("s3", "PutPublicAccessBlock", Bucket="half-logs", PublicAccessBlockConfiguration=half)
    do("s3", "PutPublicAccessBlock", Bucket="kept-logs", PublicAccessBlockConfiguration=CLOSED)
    do("logs", "CreateLogGroup", logGroupName="/trail")
    heard = {
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/trail:*",
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/trail",
    }
    do("cloudtrail", "UpdateTrail", Name="kept", **heard)
    return cloud


def trail(do: Any, name: str) -> str:
    """A trail with a bucket of its own; its ARN."""
    bucket = f"{name}-logs"
    do("s3", "CreateBucket", Bucket=bucket)
    lets = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [{**lets, "Action": "s3:PutObject"}]}
    do("s3", "PutBucketPolicy", Bucket=bucket, Policy=json.dumps(policy))
    return str(do("cloudtrail", "CreateTrail", Name=name, S3BucketName=bucket)["TrailARN"])
