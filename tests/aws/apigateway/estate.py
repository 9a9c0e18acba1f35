"""A REST API whose stage writes no logs and no traces."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.apigateway.execution-logging",
    "aws.apigateway.tracing",
)
# moto has no cache: test_playbooks.py answers for one.
ONE_WAY = ("aws.apigateway.cache-encryption",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    api = do("apigateway", "CreateRestApi", name="phi-api")["id"]
    root = do("apigateway", "GetResources", restApiId=api)["items"][0]["id"]
    do("apigateway", "PutMethod", restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    do("apigateway", "PutIntegration", restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
    do("apigateway", "CreateDeployment", restApiId=api, stageName="prod")
    return cloud
