"""EBS volumes, and whether what they hold is encrypted: that is chosen when a volume is made, and never again.

https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.ec2.settings import call, operations, tags_of
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

_GONE: Final = ("InvalidVolume.NotFound",)


class Volumes(Named):
    name = "AWS::EC2::Volume"
    title = "EBS volume"
    lists = operations("DescribeVolumes")
    service = "ec2"
    kind = "volume/"
    pattern = re.compile(r"vol-[0-9a-f]+")
    listing = Operation("ec2", "DescribeVolumes")
    items = "Volumes"
    field = "VolumeId"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        about = volume_of(cloud, target)
        if not about:
            raise CloudError(_GONE[0], f"there is no volume {target.name}", status=400)
        return tags_of(about)


def volume_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The volume as EC2 describes it; empty where it is not there. Raises CloudError."""
    try:
        found = cloud.call(call(target, "DescribeVolumes", VolumeIds=[target.name]))
    except CloudError as error:
        absent_on(_GONE, error)
        return {}
    return dict(next(iter(found.get("Volumes") or []), {}))


class VolumeEncryption(Setting):
    """{"Encrypted": bool, "KmsKeyId": its key or "", "Instances": [ids], "Size": GiB}. Only for looking."""

    id = "aws.ec2.volume-encryption"
    title = "Encryption of the volume"
    resource = Volumes.name
    reads = operations("DescribeVolumes")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = volume_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        value = {
            "Encrypted": bool(about.get("Encrypted")),
            "KmsKeyId": str(about.get("KmsKeyId") or ""),
            "Instances": sorted(str(one["InstanceId"]) for one in about.get("Attachments") or []),
            "Size": int(about.get("Size") or 0),
        }
        return Reading(value, {"Arn": target.id, "VolumeId": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError(
            "a volume stays as it was made: only a new one, made of its snapshot, can be encrypted"
        )


RESOURCE_TYPES = (Volumes(),)
SETTINGS = (VolumeEncryption(),)
