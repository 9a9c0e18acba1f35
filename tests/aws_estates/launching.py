"""A region whose new instances may be asked without tokens."""

from __future__ import annotations

from aws_server import REGION

from hipaa_tui.settings.aws.cloud import AwsCloud
from hipaa_tui.settings.model import Call

PLAYBOOKS = ("aws.ec2.instance-metadata-defaults",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account: of the defaults one is chosen, and it is another one."""
    chosen = {"HttpPutResponseHopLimit": 2, "HttpTokens": "optional"}
    cloud.call(Call("aws", "ec2", "ModifyInstanceMetadataDefaults", chosen, REGION))
    return cloud
