"""A region whose new instances, and a template whose instances, may be asked without tokens; "kept" is as it should be."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.ec2.instance-metadata-defaults", "aws.ec2.launch-template-metadata")


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account: of the defaults one is chosen, and it is another one."""
    chosen = {"HttpPutResponseHopLimit": 2, "HttpTokens": "optional"}
    cloud.call(Call("aws", "ec2", "ModifyInstanceMetadataDefaults", chosen, REGION))
    for name, options in (
        ("web", {"HttpTokens": "optional", "HttpEndpoint": "enabled", "InstanceMetadataTags": "enabled"}),
        ("silent", {}),
        ("kept", {"HttpTokens": "required", "HttpEndpoint": "enabled"}),
    ):
        template(cloud, name, options)
    return cloud


def template(cloud: AwsCloud, name: str, options: dict[str, Any], **more: Any) -> str:
    """A launch template; its id."""
    data = {"InstanceType": "t3.micro", **({"MetadataOptions": options} if options else {})}
    asked = {"LaunchTemplateName": name, "LaunchTemplateData": data, **more}
    made = cloud.call(Call("aws", "ec2", "CreateLaunchTemplate", asked, REGION))
    return str(made["LaunchTemplate"]["LaunchTemplateId"])
