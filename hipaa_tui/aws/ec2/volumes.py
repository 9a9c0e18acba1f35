"""EBS volumes, and whether what they hold is encrypted: that is chosen when a volume is made, and never again.

https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, flag, number, text
from hipaa_tui.aws.ec2.settings import tags_of
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Cloud, CloudError, Target
from hipaa_tui.support.json_value import Json

_GONE: Final = ("InvalidVolume.NotFound",)


class Volumes(Named):
    name = "AWS::EC2::Volume"
    title = "EBS volume"
    service = "ec2"
    kind = "volume/"
    pattern = re.compile(r"vol-[0-9a-f]+")
    listing = Read("ec2", "DescribeVolumes", "Volumes")
    field = "VolumeId"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        about = volume_of(cloud, target)
        if not about:
            raise CloudError(_GONE[0], f"there is no volume {target.name}", status=400)
        return tags_of(about)


_DESCRIBED: Final = Read(
    *("ec2", "DescribeVolumes", "Volumes.0", {"VolumeIds": ["{name}"]}), gone=_GONE, empty="gone"
)


def volume_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The volume as EC2 describes it; empty where it is not there. Raises CloudError."""
    return dict(_DESCRIBED.ask(cloud, target) or {})


class VolumeEncryption(Declared):
    """{"Encrypted": bool, "KmsKeyId": its key or "", "Instances": [ids], "Size": GiB}. Read-only."""

    id = "aws.ec2.volume-encryption"
    title = "Encryption of the volume"
    resource = Volumes.name
    reading = _DESCRIBED
    fields = {"Encrypted": flag("Encrypted"), "KmsKeyId": text("KmsKeyId"), "Size": number("Size")}
    identity = {"Arn": "{id}", "VolumeId": "{name}"}
    read_only = "a volume stays as it was made: only a new one, made of its snapshot, can be encrypted"

    def value(self, found: Any) -> Json:
        instances = sorted(str(one["InstanceId"]) for one in found.get("Attachments") or [])
        return {**super().value(found), "Instances": instances}


RESOURCE_TYPES = (Volumes(),)
SETTINGS = (VolumeEncryption(),)
