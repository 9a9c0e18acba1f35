"""A trail that a log group hears and nobody watches, and a topic without a key."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.aws.cloudwatch.metric_alarms import PATTERNS
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = (*(f"aws.cloudwatch.alarm-{rule}" for rule in PATTERNS), "aws.sns.encryption")
GROUP = "/trail"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the topic "kept" is as it should be."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    do("s3", "CreateBucket", Bucket="trail-files")
    do("logs", "CreateLogGroup", logGroupName=GROUP)
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}:*"
    role = f"arn:aws:iam::{ACCOUNT}:role/trail"
    do(
        "cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files", CloudWatchLogsLogGroupArn=group,
        CloudWatchLogsRoleArn=role,
    )  # fmt: skip
    do("sns", "CreateTopic", Name="alerts")
    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    do("sns", "CreateTopic", Name="kept", Attributes={"KmsMasterKeyId": key})
    return cloud
