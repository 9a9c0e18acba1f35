"""Kinesis data streams: whether what flows through them is encrypted while it lies there."""

from __future__ import annotations

import re
from typing import Any

from hipaa_tui.aws.declared import Declared, Read, Remove, Write
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.support.json_value import ABSENT, Json


class Streams(Named):
    name = "AWS::Kinesis::Stream"
    title = "Kinesis stream"
    service = "kinesis"
    kind = "stream/"
    pattern = re.compile(r"[A-Za-z0-9_.-]{1,128}")
    listing = Read("kinesis", "ListStreams", "StreamNames")
    tagging = Read("kinesis", "ListTagsForStream", "Tags", {"StreamName": "{name}"})


_BY_KMS = {"StreamName": "{name}", "EncryptionType": "KMS"}


class StreamEncryption(Declared):
    """{"KeyId": a key's id, ARN or alias}; ABSENT where records are not encrypted."""

    id = "aws.kinesis.encryption"
    title = "Encryption of the records"
    resource = Streams.name
    reading = Read(
        *("kinesis", "DescribeStreamSummary", "StreamDescriptionSummary", {"StreamName": "{name}"}),
        gone=("ResourceNotFoundException",),
    )
    identity = {"StreamName": "{name}", "Arn": "{id}"}
    writing = Write("kinesis", "StartStreamEncryption", arguments=_BY_KMS, sends=("KeyId",))
    removing = Remove("kinesis", "StopStreamEncryption", arguments=_BY_KMS, sends=("KeyId",))
    settle_seconds = 120.0
    terraform = ("aws_kinesis_stream",)

    def value(self, found: Any) -> Json:
        on = found.get("EncryptionType") == "KMS"
        return {"KeyId": str(found.get("KeyId") or "")} if on else ABSENT


RESOURCE_TYPES = (Streams(),)
SETTINGS = (StreamEncryption(),)
