"""Shared with everybody: an image, the region's images, a queue, a secret, a topic whose deliveries nobody logs; "kept" is as it should be."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.aws.sns.delivery import PROTOCOLS
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = (
    "aws.ec2.public-image",
    "aws.ec2.image-block-public-access",
    "aws.sqs.public-policy",
    "aws.sns.public-policy",
    "aws.sns.delivery-logging",
    "aws.secretsmanager.public-policy",
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/theirs"
FRIEND = "210987654321"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    for name, who in (("web", {"Group": "all"}), ("kept", {"UserId": FRIEND})):
        image = do("ec2", "RegisterImage", Name=name)["ImageId"]
        add = {"Add": [{"UserId": FRIEND}, who]}
        do("ec2", "ModifyImageAttribute", ImageId=image, LaunchPermission=add)
    everybody = {"Effect": "Allow", "Principal": "*"}
    ours = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    for name, more in (("orders", {}), ("kept", {"Condition": ours})):
        queue = {
            "Sid": "All",
            **everybody,
            "Action": "sqs:*",
            "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
            **more,
        }
        do("sqs", "CreateQueue", QueueName=name, Attributes={"Policy": policy(queue)})
        arn = do("sns", "CreateTopic", Name=name)["TopicArn"]
        topic = {
            "Sid": "All",
            **everybody,
            "Action": ["sns:Publish", "sns:Subscribe"],
            "Resource": arn,
            **more,
        }
        do("sns", "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy(topic))
        secret = do("secretsmanager", "CreateSecret", Name=name, SecretString="hunter2hunter2")["ARN"]
        read = {"Sid": "All", **everybody, "Action": "secretsmanager:GetSecretValue", "Resource": "*", **more}
        do("secretsmanager", "PutResourcePolicy", SecretId=secret, ResourcePolicy=policy(read))
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


def policy(*statements: Any) -> str:
    """The text of a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
