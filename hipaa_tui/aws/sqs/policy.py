"""Who may send to an SQS queue and take from it, by the queue's own policy."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.sqs.settings import Queues, url_of
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


class QueuePolicy(Setting):
    """The policy's text, word for word; ABSENT where the queue has none, or is not there."""

    id = "aws.sqs.policy"
    title = "Policy of the queue"
    resource = Queues.name
    reads = (Operation("sqs", "GetQueueUrl"), Operation("sqs", "GetQueueAttributes"))
    writes = (Operation("sqs", "SetQueueAttributes"),)
    removes = writes
    settle_seconds = 90.0
    terraform = ("aws_sqs_queue_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            url = url_of(cloud, target)
            asked = {"QueueUrl": url, "AttributeNames": ["Policy"]}
            found = cloud.call(Call("aws", "sqs", "GetQueueAttributes", asked, target.region))
        except CloudError as error:
            return absent_on(_GONE, error)
        text = (found.get("Attributes") or {}).get("Policy")
        return Reading(str(text) if text else ABSENT, {"QueueUrl": url, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [_set(target, before, after)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [_set(target, before, "")]

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value)

    def display(self, value: Json) -> Json:
        return documents.parsed(value)


def _set(target: Target, before: Reading, text: Any) -> Call:
    asked = {"QueueUrl": before.identity["QueueUrl"], "Attributes": {"Policy": text}}
    return Call("aws", "sqs", "SetQueueAttributes", asked, target.region)


SETTINGS = (QueuePolicy(),)
