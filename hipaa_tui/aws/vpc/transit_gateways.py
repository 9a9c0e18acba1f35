"""Ways out of a VPC that are somebody else's to ask for: transit gateways, and the door to EC2's own API."""

from __future__ import annotations

import re
from typing import Any, Final

from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.aws.vpc.flow_logs import Vpcs
from hipaa_tui.aws.vpc.settings import PartOfVpc
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

ACCEPTS: Final = "AutoAcceptSharedAttachments"


class TransitGateways(PartOfVpc):
    name = "AWS::EC2::TransitGateway"
    title = "Transit gateway"
    kind = "transit-gateway/"
    pattern = re.compile(r"tgw-[0-9a-f]{8,17}")
    listing = Operation("ec2", "DescribeTransitGateways")
    lists = (listing,)
    items = "TransitGateways"
    field = "TransitGatewayId"
    ids = "TransitGatewayIds"


_KIND: Final = TransitGateways()


class AutoAccept(Setting):
    """{"AutoAcceptSharedAttachments": "enable" or "disable"}"""

    id = "aws.ec2.transit-gateway-auto-accept"
    title = "Attachments that are accepted unasked"
    resource = TransitGateways.name
    reads = operations("DescribeTransitGateways")
    writes = operations("ModifyTransitGateway")
    settle_seconds = 120.0
    terraform = ("aws_ec2_transit_gateway",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        gateway = _KIND.described(cloud, target)
        if gateway.get("State") in ("deleting", "deleted"):
            return Reading(ABSENT)
        accepts = str((gateway.get("Options") or {}).get(ACCEPTS) or "disable")
        return Reading({ACCEPTS: accepts}, {"Arn": target.id, "TransitGatewayId": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            raise ValueError(
                f"there is no transit gateway {target.name}: it has been deleted since the report"
            )
        options: dict[str, Any] = {ACCEPTS: after[ACCEPTS]}
        return [call(target, "ModifyTransitGateway", TransitGatewayId=target.name, Options=options)]


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


RESOURCE_TYPES = (_KIND,)
SETTINGS = (AutoAccept(), Ec2Endpoint())
