"""A VPC with a way to the Internet, for tests of what its routes, gateways, subnets and network ACLs let through."""

from __future__ import annotations

from typing import Any

WORLD = [{"CidrIp": "0.0.0.0/0"}]


class Network:
    """A VPC with two subnets, a security group, and an Internet gateway that the first subnet's table leads to."""

    def __init__(self, aws: Any, do: Any, cidr: str = "10.7.0.0/16") -> None:
        self.aws, self.do = aws, do
        self.vpc = do("ec2", "CreateVpc", CidrBlock=cidr)["Vpc"]["VpcId"]
        start = cidr.split(".0.0/", maxsplit=1)[0]
        self.subnets = [
            do("ec2", "CreateSubnet", VpcId=self.vpc, CidrBlock=f"{start}.{i}.0/24")["Subnet"]["SubnetId"]
            for i in range(2)
        ]
        made = do("ec2", "CreateSecurityGroup", GroupName="web", Description="web", VpcId=self.vpc)
        self.group = made["GroupId"]
        self.gateway = do("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
        do("ec2", "AttachInternetGateway", InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.table = do("ec2", "CreateRouteTable", VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        do("ec2", "AssociateRouteTable", RouteTableId=self.table, SubnetId=self.subnets[0])

    def lead_out(self) -> None:
        route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": self.gateway}
        self.do("ec2", "CreateRoute", RouteTableId=self.table, **route)

    def allow(self, protocol: str, first: int, last: int) -> None:
        ports = {} if protocol == "-1" else {"FromPort": first, "ToPort": last}
        rule = {"IpProtocol": protocol, "IpRanges": WORLD, **ports}
        self.do("ec2", "AuthorizeSecurityGroupIngress", GroupId=self.group, IpPermissions=[rule])

    def interface(self, description: str = "", groups: bool = True) -> str:
        use = {"SubnetId": self.subnets[0], "Groups": [self.group] if groups else []}
        made = self.do("ec2", "CreateNetworkInterface", **use, Description=description)
        return str(made["NetworkInterface"]["NetworkInterfaceId"])

    def publish(self, interface: str) -> None:
        address = self.do("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]
        self.do("ec2", "AssociateAddress", AllocationId=address, NetworkInterfaceId=interface)

    def seen(self) -> list[dict[str, Any]]:
        filters = [{"Name": "vpc-id", "Values": [self.vpc]}]
        return list(self.do("ec2", "DescribeNetworkInterfaces", Filters=filters)["NetworkInterfaces"])
