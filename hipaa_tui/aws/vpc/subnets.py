"""Subnets: whether what is launched there gets a public address unless somebody says otherwise."""

from __future__ import annotations

import re

from hipaa_tui.aws.declared import Declared, Read, Write, flag, text
from hipaa_tui.aws.vpc.settings import PartOfVpc


class Subnets(PartOfVpc):
    name = "AWS::EC2::Subnet"
    title = "Subnet"
    kind = "subnet/"
    pattern = re.compile(r"subnet-[0-9a-f]{8,17}")
    listing = Read("ec2", "DescribeSubnets", "Subnets")
    field = "SubnetId"
    ids = "SubnetIds"


class PublicAddresses(Declared):
    """{"MapPublicIpOnLaunch": bool}"""

    id = "aws.ec2.subnet-public-addresses"
    title = "Public addresses for new instances"
    resource = Subnets.name
    reading = Read("ec2", "DescribeSubnets", "Subnets.0", {"SubnetIds": ["{name}"]}, empty="error")
    fields = {"MapPublicIpOnLaunch": flag("MapPublicIpOnLaunch")}
    identity = {"Arn": "{id}", "SubnetId": "{name}"}
    identity_fields = {"VpcId": text("VpcId")}
    writing = Write(
        *("ec2", "ModifySubnetAttribute", "MapPublicIpOnLaunch.Value", {"SubnetId": "{name}"}),
        sends="MapPublicIpOnLaunch",
    )
    terraform = ("aws_subnet",)


RESOURCE_TYPES = (Subnets(),)
SETTINGS = (PublicAddresses(),)
