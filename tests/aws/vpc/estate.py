"""Networks as they were first made, open wherever nobody thought of it."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.ec2.network-acl-open",
    "aws.ec2.network-acl-admin-ports",
    "aws.ec2.subnet-public-addresses",
    "aws.ec2.internet-routes",
    "aws.ec2.internet-gateway",
    "aws.ec2.transit-gateway-sharing",
)
WORLD = [{"CidrIp": "0.0.0.0/0"}]


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the subnet and the ACL "kept" are as they should be."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    for one in do("ec2", "DescribeSubnets")["Subnets"]:
        # moto's account comes with a default VPC that has a gateway and no route to it.
        given = {"SubnetId": one["SubnetId"], "MapPublicIpOnLaunch": {"Value": False}}
        do("ec2", "ModifySubnetAttribute", **given)
    vpc = do("ec2", "CreateVpc", CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    open_, kept = (
        do("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"10.7.{i}.0/24")["Subnet"]["SubnetId"]
        for i in range(2)
    )
    do("ec2", "ModifySubnetAttribute", SubnetId=open_, MapPublicIpOnLaunch={"Value": True})
    group = do("ec2", "CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    for port in (443, 9443):
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": WORLD}
        do("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    do("ec2", "CreateNetworkInterface", SubnetId=kept, Groups=[group])

    gateway(do, routed(do, vpc, open_))
    acl = do("ec2", "CreateNetworkAcl", VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    entry = {"RuleNumber": 100, "Protocol": "6", "RuleAction": "allow", "Egress": False}
    ports = {"CidrBlock": "0.0.0.0/0", "PortRange": {"From": 443, "To": 443}}
    do("ec2", "CreateNetworkAclEntry", NetworkAclId=acl, **entry, **ports)

    for accepts in ("enable", "disable"):
        do("ec2", "CreateTransitGateway", Options={"AutoAcceptSharedAttachments": accepts})
    return cloud


def routed(do: Any, vpc: str, subnet: str) -> str:
    """A VPC's table for the subnet, with a route to a gateway of its own; gives the VPC."""
    id = do("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    do("ec2", "AttachInternetGateway", InternetGatewayId=id, VpcId=vpc)
    table = do("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    do("ec2", "CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=id)
    do("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
    return vpc


def gateway(do: Any, _other: str) -> str:
    """A gateway of a VPC without any route to it."""
    vpc = do("ec2", "CreateVpc", CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    id = str(do("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"])
    do("ec2", "AttachInternetGateway", InternetGatewayId=id, VpcId=vpc)
    return id
