"""A table with fixed capacity under AWS's key, without point-in-time recovery."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.dynamodb.point-in-time-recovery",
    "aws.dynamodb.encryption",
    "aws.dynamodb.deletion-protection",
    "aws.dynamodb.autoscaling",
)
ID = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2}


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the table "kept" is as it should be but for its key."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    do("dynamodb", "CreateTable", TableName="patients", **ID, ProvisionedThroughput=UNITS)
    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    good = {
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": True,
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    }
    do("dynamodb", "CreateTable", TableName="kept", **ID, **good)
    on = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    do("dynamodb", "UpdateContinuousBackups", TableName="kept", PointInTimeRecoverySpecification=on)
    return cloud
