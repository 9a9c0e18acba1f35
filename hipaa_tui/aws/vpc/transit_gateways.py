"""Ways out of a VPC that are somebody else's to ask for: transit gateways, and the door to EC2's own API."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.declared import Declared, Read, Write, text
from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.aws.vpc.flow_logs import Vpcs
from hipaa_tui.aws.vpc.settings import PartOfVpc
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import Json

ACCEPTS: Final = "AutoAcceptSharedAttachments"


class TransitGateways(PartOfVpc):
    name = "AWS::EC2::TransitGateway"
    title = "Transit gateway"
    kind = "transit-gateway/"
    pattern = re.compile(r"tgw-[0-9a-f]{8,17}")
    listing = Read("ec2", "DescribeTransitGateways", "TransitGateways")
    field = "TransitGatewayId"
    ids = "TransitGatewayIds"


class AutoAccept(Declared):
    """{"AutoAcceptSharedAttachments": "enable" or "disable"}"""

    id = "aws.ec2.transit-gateway-auto-accept"
    title = "Attachments that are accepted unasked"
    resource = TransitGateways.name
    reading = Read(
        *("ec2", "DescribeTransitGateways", "TransitGateways.0", {"TransitGatewayIds": ["{name}"]}),
        deleted=lambda found: found.get("State") in ("deleting", "deleted"),
        empty="error",
    )
    fields = {ACCEPTS: text(f"Options.{ACCEPTS}", "disable")}
    identity = {"Arn": "{id}", "TransitGatewayId": "{name}"}
    writing = Write(
        *("ec2", "ModifyTransitGateway", "Options", {"TransitGatewayId": "{name}"}), sends=(ACCEPTS,)
    )
    settle_seconds = 120.0
    terraform = ("aws_ec2_transit_gateway",)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            raise ValueError(
                f"there is no transit gateway {target.name}: it has been deleted since the report"
            )
        return super().write(target, before, after)


class Ec2Endpoint(Setting):
    """{"Endpoints": [ids of the VPC's interface endpoints for EC2's API that are available]}. Only for looking."""

    id = "aws.ec2.vpc-api-endpoint"
    title = "Endpoint for EC2's API"
    resource = Vpcs.name
    reads = operations("DescribeVpcEndpoints")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        filters = [{"Name": "vpc-id", "Values": [target.name]}]
        found = cloud.pages(call(target, "DescribeVpcEndpoints", Filters=filters), "VpcEndpoints")
        ids = sorted(
            str(one["VpcEndpointId"])
            for one in found
            if str(one.get("ServiceName", "")).endswith(f".{target.region}.ec2")
            and str(one.get("State", "")).lower() == "available"
        )
        return Reading({"Endpoints": ids}, {"Arn": target.id, "VpcId": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("which subnets pay for an endpoint is a person's to say")


RESOURCE_TYPES = (TransitGateways(),)
SETTINGS = (AutoAccept(), Ec2Endpoint())
