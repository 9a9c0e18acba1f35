"""Launch configurations that only a person can replace are found."""

from __future__ import annotations

from typing import Any

from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from tests.aws.autoscaling import estate
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()


def wrong(aws: Any, id: str) -> list[str]:
    """The short names of what a scan finds for a playbook."""
    seen = scan([CATALOGUE.get(id)], [Place("aws", ACCOUNT, REGION)], {"aws": aws})
    assert seen.problems == ()
    return sorted(one.resource.rpartition("/")[2] for one in seen.findings)


def test_launch_configurations_that_ask_for_no_token_are_found(aws):
    for name, options in (
        ("says-nothing", {}),
        ("old", {"MetadataOptions": {"HttpTokens": "optional", "HttpEndpoint": "enabled"}}),
        ("kept", {"MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"}}),
        ("none", {"MetadataOptions": {"HttpEndpoint": "disabled"}}),
    ):
        asked = {"LaunchConfigurationName": name, "ImageId": "ami-1", "InstanceType": "t3.micro", **options}
        do(aws, "autoscaling", "CreateLaunchConfiguration", **asked)
    assert wrong(aws, "aws.autoscaling.launch-configuration-metadata") == ["old", "says-nothing"]


def test_a_scan_sees_launch_configurations_with_addresses(aws):
    estate.build(aws)
    assert wrong(aws, "aws.autoscaling.launch-configuration-address") == ["web"]
