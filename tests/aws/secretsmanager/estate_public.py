"""A secret that everybody may read; "kept" lets its own account in."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.guards import text
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = ("aws.secretsmanager.public-policy",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    everybody = {"Effect": "Allow", "Principal": "*"}
    ours = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    for name, more in (("orders", {}), ("kept", {"Condition": ours})):
        secret = do("secretsmanager", "CreateSecret", Name=name, SecretString="hunter2hunter2")["ARN"]
        read = {"Sid": "All", **everybody, "Action": "secretsmanager:GetSecretValue", "Resource": "*", **more}
        do("secretsmanager", "PutResourcePolicy", SecretId=secret, ResourcePolicy=text(read))
    return cloud
