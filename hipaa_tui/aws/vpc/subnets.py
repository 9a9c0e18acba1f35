"""Subnets: whether what is launched there gets a public address unless somebody says otherwise."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.aws.vpc.settings import PartOfVpc
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import Json


class Subnets(PartOfVpc):
    name = "AWS::EC2::Subnet"
    title = "Subnet"
    kind = "subnet/"
    pattern = re.compile(r"subnet-[0-9a-f]{8,17}")
    listing = Operation("ec2", "DescribeSubnets")
    lists = (listing,)
    items = "Subnets"
    field = "SubnetId"
    ids = "SubnetIds"


_KIND: Final = Subnets()


class PublicAddresses(Setting):
    """{"MapPublicIpOnLaunch": bool}"""

    id = "aws.ec2.subnet-public-addresses"
    title = "Public addresses for new instances"
    resource = Subnets.name
    reads = operations("DescribeSubnets")
    writes = operations("ModifySubnetAttribute")
    terraform = ("aws_subnet",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        subnet = _KIND.described(cloud, target)
        identity = {"Arn": target.id, "SubnetId": target.name, "VpcId": str(subnet.get("VpcId") or "")}
        return Reading({"MapPublicIpOnLaunch": bool(subnet.get("MapPublicIpOnLaunch"))}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        wanted = {"Value": bool(after["MapPublicIpOnLaunch"])}
        return [call(target, "ModifySubnetAttribute", SubnetId=target.name, MapPublicIpOnLaunch=wanted)]


RESOURCE_TYPES = (_KIND,)
SETTINGS = (PublicAddresses(),)
