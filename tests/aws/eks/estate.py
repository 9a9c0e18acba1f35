"""A cluster whose Kubernetes secrets are not encrypted by a KMS key."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = ()
# A cluster keeps its key for good: test_playbooks.py follows it.
ONE_WAY = ("aws.eks.secrets-encryption",)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    subnets = [one["SubnetId"] for one in do("ec2", "DescribeSubnets")["Subnets"][:2]]
    do("eks", "CreateCluster", name="phi", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets})
    return cloud
