"""Kinesis data streams: whether what flows through them is encrypted while it lies there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json


class Streams(Named):
    name = "AWS::Kinesis::Stream"
    title = "Kinesis stream"
    service = "kinesis"
    kind = "stream/"
    pattern = re.compile(r"[A-Za-z0-9_.-]{1,128}")
    listing = Operation("kinesis", "ListStreams")
    lists = (listing,)
    items = "StreamNames"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        asked = Call("aws", "kinesis", "ListTagsForStream", {"StreamName": target.name}, target.region)
        return {str(tag["Key"]): str(tag["Value"]) for tag in cloud.call(asked).get("Tags") or []}


class StreamEncryption(Setting):
    """{"KeyId": a key's id, ARN or alias}; ABSENT where records lie there as they are."""

    id = "aws.kinesis.encryption"
    title = "Encryption of the records"
    resource = Streams.name
    reads = (Operation("kinesis", "DescribeStreamSummary"),)
    writes = (Operation("kinesis", "StartStreamEncryption"),)
    removes = (Operation("kinesis", "StopStreamEncryption"),)
    settle_seconds = 120.0
    retry_codes = ("ResourceInUseException",)
    terraform = ("aws_kinesis_stream",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        identity = {"StreamName": target.name, "Arn": target.id}
        try:
            asked = Call(
                "aws", "kinesis", "DescribeStreamSummary", {"StreamName": target.name}, target.region
            )
            about = cloud.call(asked)["StreamDescriptionSummary"]
        except CloudError as error:
            return absent_on(("ResourceNotFoundException",), error)
        on = about.get("EncryptionType") == "KMS"
        return Reading({"KeyId": str(about.get("KeyId") or "")} if on else ABSENT, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [self._call(target, "StartStreamEncryption", after["KeyId"])]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [self._call(target, "StopStreamEncryption", before.value["KeyId"])]

    def _call(self, target: Target, operation: str, key: Json) -> Call:
        asked = {"StreamName": target.name, "EncryptionType": "KMS", "KeyId": key}
        return Call("aws", "kinesis", operation, asked, target.region)


RESOURCE_TYPES = (Streams(),)
SETTINGS = (StreamEncryption(),)
