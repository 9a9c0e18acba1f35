"""A cluster in a region whose block of public access is off."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.emr.block-public-access",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    machines = {"MasterInstanceType": "m5.xlarge", "InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True}
    do(
        "emr",
        "RunJobFlow",
        Name="etl",
        ReleaseLabel="emr-7.0.0",
        Instances=machines,
        ServiceRole="s",
        JobFlowRole="j",
    )
    return cloud
