"""Log groups without a key or with a short memory."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.logs.encryption", "aws.logs.retention")


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the group /kept is as it should be."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    do("logs", "CreateLogGroup", logGroupName="/app/phi-api")
    do("logs", "PutRetentionPolicy", logGroupName="/app/phi-api", retentionInDays=30)
    do("logs", "CreateLogGroup", logGroupName="/kept", kmsKeyId=key)
    do("logs", "PutRetentionPolicy", logGroupName="/kept", retentionInDays=2192)
    return cloud
