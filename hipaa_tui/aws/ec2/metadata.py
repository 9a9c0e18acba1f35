"""What the account says of the metadata service of instances that are launched without a word of their own.

What a launch says itself comes first, then this, then the image. Instances that run are left as they are.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Write, text
from hipaa_tui.aws.resource_types.region_switch import RegionSwitch
from hipaa_tui.providers.model import Target
from hipaa_tui.support.json_value import Json

NO_PREFERENCE: Final = "no-preference"
_OTHERS: Final = ("HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags")


class MetadataDefaultsOfRegion(RegionSwitch):
    name = "AWS::EC2::InstanceMetadataDefaults"
    title = "Defaults of instance metadata"
    service = "ec2"
    kind = "instance-metadata-defaults"
    also = ("account",)
    said = "Defaults of instance metadata"


class MetadataDefaults(Declared):
    """{"HttpTokens": "required", "optional" or "no-preference"}. The other defaults stay as they are."""

    id = "aws.ec2.instance-metadata-defaults"
    title = "Tokens for the metadata of new instances"
    resource = MetadataDefaultsOfRegion.name
    reading = Read("ec2", "GetInstanceMetadataDefaults")
    fields = {"HttpTokens": text("AccountLevel.HttpTokens", NO_PREFERENCE)}
    identity = {"Region": "{region}"}
    identity_fields = {"ManagedBy": text("AccountLevel.ManagedBy", "account")}
    writing = Write("ec2", "ModifyInstanceMetadataDefaults", sends=("HttpTokens",))
    terraform = ("aws_ec2_instance_metadata_defaults",)

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        # Terraform clears what its block leaves out, so the other defaults have to be known.
        given = found.get("AccountLevel") or {}
        others = {name: given.get(name) or "" for name in _OTHERS}
        others = {name: "" if value in (NO_PREFERENCE, -1) else value for name, value in others.items()}
        return {**super().identity_of(target, found), **others}


RESOURCE_TYPES = (MetadataDefaultsOfRegion(),)
SETTINGS = (MetadataDefaults(),)
