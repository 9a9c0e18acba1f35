"""A secret, a stream and a queue under no key; "kept" is as it should be but for its rotation."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.secretsmanager.own-key", "aws.kinesis.encryption", "aws.sqs.encryption")


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    do("secretsmanager", "CreateSecret", Name="db-pass", SecretString="hunter2hunter2")
    do("secretsmanager", "CreateSecret", Name="kept", SecretString="hunter3hunter3", KmsKeyId=key)
    do("kinesis", "CreateStream", StreamName="vitals", ShardCount=1)
    do("kinesis", "CreateStream", StreamName="kept", ShardCount=1)
    do("kinesis", "StartStreamEncryption", StreamName="kept", EncryptionType="KMS", KeyId=key)
    do("sqs", "CreateQueue", QueueName="orders", Attributes={"SqsManagedSseEnabled": "false"})
    do("sqs", "CreateQueue", QueueName="kept", Attributes={"KmsMasterKeyId": key})
    return cloud
