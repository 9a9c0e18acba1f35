"""What the account says of the metadata service of instances that are launched without a word of their own.

What a launch says itself comes first, then this, then the image. Instances that run are left as they are.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.aws.resource_types.region_switch import RegionSwitch
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import Json

NO_PREFERENCE: Final = "no-preference"
_OTHERS: Final = ("HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags")


class MetadataDefaultsOfRegion(RegionSwitch):
    name = "AWS::EC2::InstanceMetadataDefaults"
    title = "Defaults of instance metadata"
    lists = operations("GetInstanceMetadataDefaults")
    service = "ec2"
    kind = "instance-metadata-defaults"
    also = ("account",)
    said = "Defaults of instance metadata"


class MetadataDefaults(Setting):
    """{"HttpTokens": "required", "optional" or "no-preference"}. The other defaults stay as they are."""

    id = "aws.ec2.instance-metadata-defaults"
    title = "Tokens for the metadata of new instances"
    resource = MetadataDefaultsOfRegion.name
    reads = operations("GetInstanceMetadataDefaults")
    writes = operations("ModifyInstanceMetadataDefaults")
    terraform = ("aws_ec2_instance_metadata_defaults",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = cloud.call(call(target, "GetInstanceMetadataDefaults")).get("AccountLevel") or {}
        # A Terraform block clears what it does not say, so it has to know these.
        others = {name: found.get(name) or "" for name in _OTHERS}
        others = {name: "" if value in (NO_PREFERENCE, -1) else value for name, value in others.items()}
        identity = {"Region": target.region, "ManagedBy": str(found.get("ManagedBy") or "account"), **others}
        return Reading({"HttpTokens": str(found.get("HttpTokens") or NO_PREFERENCE)}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "ModifyInstanceMetadataDefaults", HttpTokens=after["HttpTokens"])]


RESOURCE_TYPES = (MetadataDefaultsOfRegion(),)
SETTINGS = (MetadataDefaults(),)
