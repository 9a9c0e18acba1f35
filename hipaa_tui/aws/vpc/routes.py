"""The ways between a VPC and the Internet: routes to an Internet gateway, and the gateway's place itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Remove
from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.aws.vpc.settings import PartOfVpc
from hipaa_tui.providers.model import Call, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

EVERYWHERE: Final = ("0.0.0.0/0", "::/0")


class RouteTables(PartOfVpc):
    name = "AWS::EC2::RouteTable"
    title = "Route table"
    kind = "route-table/"
    pattern = re.compile(r"rtb-[0-9a-f]{8,17}")
    listing = Read("ec2", "DescribeRouteTables", "RouteTables")
    field = "RouteTableId"
    ids = "RouteTableIds"


class InternetGateways(PartOfVpc):
    name = "AWS::EC2::InternetGateway"
    title = "Internet gateway"
    kind = "internet-gateway/"
    pattern = re.compile(r"igw-[0-9a-f]{8,17}")
    listing = Read("ec2", "DescribeInternetGateways", "InternetGateways")
    field = "InternetGatewayId"
    ids = "InternetGatewayIds"


class InternetRoutes(Declared):
    """{"routes": [{"destination": "0.0.0.0/0" or "::/0", "gateway": "igw-…"}]}, sorted. Other routes are not looked at."""

    id = "aws.ec2.internet-routes"
    title = "Routes to the Internet"
    resource = RouteTables.name
    reading = Read(
        "ec2", "DescribeRouteTables", "RouteTables.0", {"RouteTableIds": ["{name}"]}, empty="error"
    )
    identity = {"Arn": "{id}", "RouteTableId": "{name}"}
    writes = operations("CreateRoute", "DeleteRoute")

    def value(self, found: Any) -> Json:
        return {"routes": list(_to_the_internet(found))}

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        associations = found.get("Associations") or []
        return {
            **super().identity_of(target, found),
            "VpcId": str(found.get("VpcId") or ""),
            "IsMain": any(bool(one.get("Main")) for one in associations),
            "Subnets": sorted(str(one["SubnetId"]) for one in associations if one.get("SubnetId")),
        }

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in _steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [stage for _, stage in _steps(target, before, after)][:-1]

    def canonical(self, value: Json) -> Json:
        return sorted(value["routes"], key=_order)


def _to_the_internet(table: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    found = []
    for route in table.get("Routes") or []:
        destination = str(route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock"))
        gateway = str(route.get("GatewayId") or "")
        # A route whose gateway is gone leads nowhere, and could not be made again.
        if destination in EVERYWHERE and gateway.startswith("igw-") and route.get("State") != "blackhole":
            found.append({"destination": destination, "gateway": gateway})
    yield from sorted(found, key=_order)


def _order(route: Mapping[str, Any]) -> tuple[str, str]:
    return str(route["destination"]), str(route["gateway"])


def _steps(target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
    stage = list(before["routes"])
    found: list[tuple[Call, Json]] = []
    for one in before["routes"]:
        if one not in after["routes"]:
            stage = [each for each in stage if each != one]
            asked = call(target, "DeleteRoute", RouteTableId=target.name, **_destination(one))
            found.append((asked, {"routes": list(stage)}))
    for one in after["routes"]:
        if one not in before["routes"]:
            stage.append(one)
            given = {"RouteTableId": target.name, "GatewayId": one["gateway"], **_destination(one)}
            found.append((call(target, "CreateRoute", **given), {"routes": list(stage)}))
    return found


def _destination(route: Mapping[str, Any]) -> dict[str, Json]:
    six = ":" in str(route["destination"])
    return {"DestinationIpv6CidrBlock" if six else "DestinationCidrBlock": route["destination"]}


class GatewayAttachment(Declared):
    """{"VpcId": the VPC that it is attached to}, ABSENT where it is attached to none."""

    id = "aws.ec2.internet-gateway-attachment"
    title = "Attachment of the Internet gateway"
    resource = InternetGateways.name
    reading = Read(
        *("ec2", "DescribeInternetGateways", "InternetGateways.0", {"InternetGatewayIds": ["{name}"]}),
        empty="error",
    )
    identity = {"Arn": "{id}", "InternetGatewayId": "{name}"}
    writes = operations("AttachInternetGateway", "DetachInternetGateway")
    removing = Remove(
        "ec2", "DetachInternetGateway", arguments={"InternetGatewayId": "{name}"}, sends=("VpcId",)
    )

    def value(self, found: Any) -> Json:
        return {"VpcId": vpc} if (vpc := _attached(found)) else ABSENT

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        return {**super().identity_of(target, found), "VpcId": _attached(found)}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        off = self.remove(target, before) if not before.absent else []
        return [
            *off,
            call(target, "AttachInternetGateway", InternetGatewayId=target.name, VpcId=after["VpcId"]),
        ]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [ABSENT] if before is not ABSENT and after is not ABSENT else []


def _attached(gateway: Mapping[str, Any]) -> str:
    """The VPC that the gateway is attached to, "" where it is to none."""
    for one in gateway.get("Attachments") or []:
        if one.get("VpcId") and one.get("State") not in ("detached", "detaching"):
            return str(one["VpcId"])
    return ""


RESOURCE_TYPES = (RouteTables(), InternetGateways())
SETTINGS = (InternetRoutes(), GatewayAttachment())
