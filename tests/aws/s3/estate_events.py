"""Buckets: one tells nobody when records are deleted, "kept" tells a topic."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.s3.event-notifications",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    topic = do("sns", "CreateTopic", Name="theirs")["TopicArn"]
    do("s3", "CreateBucket", Bucket="records-silent")
    do("s3", "CreateBucket", Bucket="records-kept")
    heard = {"TopicConfigurations": [{"Id": "theirs", "TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}]}
    do("s3", "PutBucketNotificationConfiguration", Bucket="records-kept", NotificationConfiguration=heard)
    return cloud
