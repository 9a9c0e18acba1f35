"""Who may publish to an SNS topic and subscribe to it, by the topic's own policy."""

from __future__ import annotations

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.sns.settings import Topics, attributes
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json


class TopicPolicy(Setting):
    """The policy's text, word for word; ABSENT only where there is no such topic, since every topic has one."""

    id = "aws.sns.policy"
    title = "Policy of the topic"
    resource = Topics.name
    reads = (Operation("sns", "GetTopicAttributes"),)
    writes = (Operation("sns", "SetTopicAttributes"),)
    terraform = ("aws_sns_topic_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = attributes(cloud, target)
        text = (about or {}).get("Policy")
        return Reading(str(text) if text else ABSENT, {"Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        asked = {"TopicArn": target.id, "AttributeName": "Policy", "AttributeValue": after}
        return [Call("aws", "sns", "SetTopicAttributes", asked, target.region)]

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value)

    def display(self, value: Json) -> Json:
        return documents.parsed(value)


SETTINGS = (TopicPolicy(),)
