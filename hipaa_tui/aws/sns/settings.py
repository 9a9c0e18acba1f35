"""SNS topics: the one that alarms go to, and the keys of all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Remove, Write, text
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

LONGEST_POLICY: Final = 30_720
"""Bytes of a topic's policy (Amazon SNS endpoints and quotas)."""
_TAGS: Final = [{"Key": "managed-by", "Value": "hipaa-tui"}]
_GONE: Final = ("NotFound", "NotFoundException")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("sns", name) for name in names)


class Topics(Named):
    name = "AWS::SNS::Topic"
    title = "SNS topic"
    service = "sns"
    kind = ""
    pattern = re.compile(r"[A-Za-z0-9_-]{1,251}(\.fifo)?")
    listing = Read("sns", "ListTopics", "Topics")
    field = "TopicArn"
    tagging = Read("sns", "ListTagsForResource", "Tags", {"ResourceArn": "{id}"})


ATTRIBUTES: Final = Read("sns", "GetTopicAttributes", "Attributes", {"TopicArn": "{id}"}, gone=_GONE)
_KEY: Final = {"TopicArn": "{id}", "AttributeName": "KmsMasterKeyId"}


class Topic(Declared):
    """The topic itself: {"Policy": text, "KmsMasterKeyId"?: a key's id, ARN or alias}."""

    id = "aws.sns.topic"
    title = "Topic"
    resource = Topics.name
    reading = ATTRIBUTES
    fields = {"Policy": text("Policy"), "KmsMasterKeyId": text("KmsMasterKeyId", None)}
    identity = {"Arn": "{id}"}
    known_before = True
    writes = (Operation("sns", "CreateTopic", also=("sns:TagResource",)), *_operations("SetTopicAttributes"))
    creates_resource = True
    kept_on_rollback = "other alarms may go to it by now, and people have subscribed"
    terraform = ("aws_sns_topic",)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            made = {"Name": target.id.rpartition(":")[2], "Attributes": dict(after), "Tags": _TAGS}
            return [Call("aws", "sns", "CreateTopic", made, target.region)]
        same_policy = documents.canonical(before.value["Policy"]) == documents.canonical(after["Policy"])
        changed = {} if same_policy else {"Policy": after["Policy"]}
        if before.value.get("KmsMasterKeyId") != after.get("KmsMasterKeyId"):
            changed["KmsMasterKeyId"] = after.get("KmsMasterKeyId") or ""
        return [_set(target, name, value) for name, value in changed.items()]

    def canonical(self, value: Json) -> Json:
        return {**value, "Policy": documents.canonical(value["Policy"])}

    def display(self, value: Json) -> Json:
        return None if value is ABSENT else {**value, "Policy": documents.parsed(value["Policy"])}


class TopicEncryption(Declared):
    """{"KmsMasterKeyId": a key's id, ARN or alias}; ABSENT where messages are kept without a key."""

    id = "aws.sns.encryption"
    title = "Encryption of the messages"
    resource = Topics.name
    reading = ATTRIBUTES
    fields = {"KmsMasterKeyId": text("KmsMasterKeyId", None)}
    identity = {"Arn": "{id}"}
    identity_when_gone = True
    writing = Write("sns", "SetTopicAttributes", "AttributeValue", _KEY, sends="KmsMasterKeyId")
    removing = Remove("sns", "SetTopicAttributes", arguments={**_KEY, "AttributeValue": ""})
    terraform = ("aws_sns_topic",)

    def value(self, found: Any) -> Json:
        return super().value(found) or ABSENT


def attributes(cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
    """The topic's attributes, None where there is no such topic. Raises CloudError."""
    try:
        return ATTRIBUTES.answer(cloud, target) or {}
    except CloudError as error:
        absent_on(_GONE, error)
        return None


def _set(target: Target, name: str, value: Json) -> Call:
    asked = {"TopicArn": target.id, "AttributeName": name, "AttributeValue": value}
    return Call("aws", "sns", "SetTopicAttributes", asked, target.region)


def alarm_topic(current: Json, wanted: Json) -> Json:
    """A topic that the account's alarms may publish to: {"arn", "account", "partition", "region", "key"}.

    One that is there keeps its key and its policy, and gets the statement that alarms need where it lacks it.
    """
    alarms = {
        "Sid": "AlarmsPublish",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "SNS:Publish",
        "Resource": wanted["arn"],
        "Condition": {
            "ArnLike": {
                "aws:SourceArn": f"arn:{wanted['partition']}:cloudwatch:*:{wanted['account']}:alarm:*"
            },
            "StringEquals": {"aws:SourceAccount": wanted["account"]},
        },
    }
    if current is not ABSENT:
        text = documents.with_statements(current["Policy"] or ABSENT, alarms, longest=LONGEST_POLICY)
        return {**current, "Policy": text}
    owner = {
        "Sid": "AccountOwnsIt",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{wanted['partition']}:iam::{wanted['account']}:root"},
        "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:Subscribe", "SNS:Publish"],
        "Resource": wanted["arn"],
    }
    document = {"Version": documents.VERSION, "Statement": [owner, alarms]}
    return {"Policy": json.dumps(document), "KmsMasterKeyId": wanted["key"]}


def publishers_key(current: Json, wanted: Json) -> Json:
    """A key with which AWS services may publish: {"description", "partition", "account", "services"}.

    Without a condition on the source: what services say of themselves to KMS is not documented for each, and a
    message that cannot be encrypted is dropped without a word (CloudWatch User Guide, "Notifying users on alarm
    changes"; SNS Developer Guide, "Enable compatibility between event sources and encrypted topics").
    """
    use = {
        "Sid": "ServicesPublish",
        "Effect": "Allow",
        "Principal": {"Service": list(wanted["services"])},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    }
    if current is not ABSENT:
        return {**current, "Policy": documents.with_statements(current["Policy"], use, longest=32_768)}
    root = {
        "Sid": "AccountAdministersByIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{wanted['partition']}:iam::{wanted['account']}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    text = json.dumps({"Version": documents.VERSION, "Statement": [root, use]})
    return {"Description": wanted["description"], "Policy": text, "EnableKeyRotation": True}


RESOURCE_TYPES = (Topics(),)
SETTINGS = (Topic(), TopicEncryption())
BUILDERS = {"alarm_topic": alarm_topic, "publishers_key": publishers_key}
