"""A security group in use that lets the Internet in on a port that nobody authorized."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.ec2.authorized-ports",)
WORLD = [{"CidrIp": "0.0.0.0/0"}]


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    vpc = do("ec2", "CreateVpc", CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = do("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    group = do("ec2", "CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    for port in (443, 9443):
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": WORLD}
        do("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    do("ec2", "CreateNetworkInterface", SubnetId=subnet, Groups=[group])
    return cloud
