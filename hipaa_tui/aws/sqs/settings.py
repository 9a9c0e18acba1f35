"""SQS queues: whether what waits in them is encrypted, by SQS itself or under a key of your own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hipaa_tui.aws.declared import Read, tags_of
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("sqs", name) for name in names)


class Queues(Named):
    name = "AWS::SQS::Queue"
    title = "SQS queue"
    service = "sqs"
    kind = ""
    pattern = re.compile(r"[A-Za-z0-9_-]{1,75}(\.fifo)?")
    listing = Read("sqs", "ListQueues", "QueueUrls", {"MaxResults": 1000})

    def listed(self, cloud: Cloud, region: str) -> Sequence[Json]:
        return [str(url).rpartition("/")[2] for url in super().listed(cloud, region)]

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        asked = Call("aws", "sqs", "ListQueueTags", {"QueueUrl": url_of(cloud, target)}, target.region)
        return tags_of(cloud.call(asked).get("Tags"))


class QueueEncryption(Setting):
    """{"KmsMasterKeyId": a key's id, ARN or alias, "" for none, "Managed": whether SQS encrypts with its own key}

    ABSENT where there is no such queue. The two exclude each other:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """

    id = "aws.sqs.encryption"
    title = "Encryption of the messages"
    resource = Queues.name
    reads = _operations("GetQueueUrl", "GetQueueAttributes")
    writes = _operations("SetQueueAttributes")
    settle_seconds = 90.0
    terraform = ("aws_sqs_queue",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        names = ["KmsMasterKeyId", "SqsManagedSseEnabled"]
        try:
            url = url_of(cloud, target)
            asked = {"QueueUrl": url, "AttributeNames": names}
            about = cloud.call(Call("aws", "sqs", "GetQueueAttributes", asked, target.region))
        except CloudError as error:
            return absent_on(_GONE, error)
        found = about.get("Attributes") or {}
        value = {
            "KmsMasterKeyId": str(found.get("KmsMasterKeyId") or ""),
            "Managed": str(found.get("SqsManagedSseEnabled")).lower() == "true",
        }
        return Reading(value, {"QueueUrl": url, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        given = {
            "KmsMasterKeyId": after["KmsMasterKeyId"],
            "SqsManagedSseEnabled": "true" if after["Managed"] else "false",
        }
        if after["KmsMasterKeyId"]:
            # Naming a key switches SQS's own off, and AWS refuses to be told both.
            given.pop("SqsManagedSseEnabled")
        asked = {"QueueUrl": before.identity["QueueUrl"], "Attributes": given}
        return [Call("aws", "sqs", "SetQueueAttributes", asked, target.region)]


def url_of(cloud: Cloud, target: Target) -> str:
    """Where SQS takes calls for the queue. Raises CloudError."""
    asked = {"QueueName": target.name, "QueueOwnerAWSAccountId": target.account}
    return str(cloud.call(Call("aws", "sqs", "GetQueueUrl", asked, target.region))["QueueUrl"])


def queue_encrypted(current: Json, wanted: Json) -> Json:
    """Under the named key, else by SQS itself: {"key"}."""
    if current is ABSENT:
        raise ValueError("there is no such queue")
    key = str(wanted.get("key") or "")
    return {"KmsMasterKeyId": key, "Managed": not key}


RESOURCE_TYPES = (Queues(),)
SETTINGS = (QueueEncryption(),)
BUILDERS = {"queue_encrypted": queue_encrypted}
