"""A queue that everybody may use and that is not encrypted; "kept" is as it should be."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.guards import text
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = (
    "aws.sqs.encryption",
    "aws.sqs.public-policy",
)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    everybody = {"Effect": "Allow", "Principal": "*"}
    ours = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    plain, own = {"SqsManagedSseEnabled": "false"}, {"KmsMasterKeyId": key}
    for name, encryption, more in (("orders", plain, {}), ("kept", own, {"Condition": ours})):
        queue = {
            "Sid": "All",
            **everybody,
            "Action": "sqs:*",
            "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
            **more,
        }
        do("sqs", "CreateQueue", QueueName=name, Attributes={"Policy": text(queue), **encryption})
    return cloud
