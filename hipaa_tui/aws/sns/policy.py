"""Who may publish to an SNS topic and subscribe to it, by the topic's own policy."""

from __future__ import annotations

from dataclasses import replace

from hipaa_tui.aws.declared import PolicyText, Write
from hipaa_tui.aws.sns.settings import ATTRIBUTES, Topics


class TopicPolicy(PolicyText):
    """The policy's text, word for word; ABSENT only where there is no such topic, since every topic has one."""

    id = "aws.sns.policy"
    title = "Policy of the topic"
    resource = Topics.name
    reading = replace(ATTRIBUTES, at="Attributes.Policy")
    identity = {"Arn": "{id}"}
    identity_when_gone = True
    writing = Write(
        *("sns", "SetTopicAttributes", "AttributeValue", {"TopicArn": "{id}", "AttributeName": "Policy"})
    )
    terraform = ("aws_sns_topic_policy",)


SETTINGS = (TopicPolicy(),)
