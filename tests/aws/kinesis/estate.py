"""A stream that is not encrypted; "kept" is as it should be."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.kinesis.encryption",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    do("kinesis", "CreateStream", StreamName="vitals", ShardCount=1)
    do("kinesis", "CreateStream", StreamName="kept", ShardCount=1)
    do("kinesis", "StartStreamEncryption", StreamName="kept", EncryptionType="KMS", KeyId=key)
    return cloud
