"""An environment with basic health reporting and no managed updates."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.elasticbeanstalk.health-reporting",
    "aws.elasticbeanstalk.managed-updates",
)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    do("elasticbeanstalk", "CreateApplication", ApplicationName="app")
    do(
        "elasticbeanstalk",
        "CreateEnvironment",
        ApplicationName="app",
        EnvironmentName="portal",
        SolutionStackName="x",
    )
    return cloud
