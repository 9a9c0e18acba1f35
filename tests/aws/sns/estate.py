"""A topic that everybody may use, whose deliveries nobody logs, and which no key encrypts; "kept" is as it should be."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.aws.sns.delivery import PROTOCOLS
from hipaa_tui.providers.model import Call
from tests.aws.guards import text
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = ("aws.sns.public-policy", "aws.sns.delivery-logging", "aws.sns.encryption")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/theirs"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    everybody = {"Effect": "Allow", "Principal": "*"}
    ours = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    for name, more in (("orders", {}), ("kept", {"Condition": ours})):
        arn = do("sns", "CreateTopic", Name=name)["TopicArn"]
        topic = {
            "Sid": "All",
            **everybody,
            "Action": ["sns:Publish", "sns:Subscribe"],
            "Resource": arn,
            **more,
        }
        do("sns", "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=text(topic))
    do("sns", "SetTopicAttributes", TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=key)
    logged(do, arn)
    return cloud


def logged(do: Any, topic: str) -> None:
    """Deliveries of the topic are logged already, by a role of theirs."""
    for kind in PROTOCOLS:
        for field, value in (
            ("FailureFeedbackRoleArn", ROLE),
            ("SuccessFeedbackRoleArn", ROLE),
            ("SuccessFeedbackSampleRate", "5"),
        ):
            do("sns", "SetTopicAttributes", TopicArn=topic, AttributeName=kind + field, AttributeValue=value)
