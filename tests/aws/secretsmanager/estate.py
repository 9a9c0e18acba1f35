"""A secret under AWS's own key; "kept" is as it should be but for its rotation."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.secretsmanager.own-key",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    do("secretsmanager", "CreateSecret", Name="db-pass", SecretString="hunter2hunter2")
    do("secretsmanager", "CreateSecret", Name="kept", SecretString="hunter3hunter3", KmsKeyId=key)
    return cloud
