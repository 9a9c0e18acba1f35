"""Routes and gateways to the Internet, VPN tunnels, and the endpoint of EC2's API."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION

ROUTES = setting("aws.ec2.internet-routes")


@pytest.fixture
def do(aws):
    return lambda service, operation, **more: do_by_hand(aws, service, operation, **more)


def target(type: str, id: str) -> Any:
    found = resource_type(type).target(id, ACCOUNT, REGION)
    assert found is not None
    return found


def test_a_route_to_the_internet_goes_and_comes_back(aws, do):
    vpc = do("ec2", "CreateVpc", CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    id = do("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    attachment, gateway = (
        setting("aws.ec2.internet-gateway-attachment"),
        target("AWS::EC2::InternetGateway", id),
    )
    off = attachment.read(aws, gateway)
    assert off.absent
    for one in attachment.write(gateway, off, {"VpcId": vpc}):
        aws.call(one)
    table = do("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    where = target("AWS::EC2::RouteTable", table)
    before = ROUTES.read(aws, where)
    assert before.value == {"routes": []}
    there = {"routes": [{"destination": "0.0.0.0/0", "gateway": id}]}
    for wanted in (there, {"routes": []}, there):
        for one in ROUTES.write(where, ROUTES.read(aws, where), wanted):
            aws.call(one)
        assert ROUTES.same(ROUTES.read(aws, where).value, wanted)
    moved = attachment.calls(gateway, attachment.read(aws, gateway), {"VpcId": "vpc-1"})
    assert [one.operation for one in moved] == ["DetachInternetGateway", "AttachInternetGateway"]
    assert attachment.between(gateway, {"VpcId": vpc}, {"VpcId": "vpc-1"}) == [None]


def test_a_tunnel_is_looked_at_and_not_touched(aws, do):
    gateway = do("ec2", "CreateCustomerGateway", Type="ipsec.1", PublicIp="198.51.100.1", BgpAsn=65000)
    mine = do("ec2", "CreateVpnGateway", Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    made = do(
        "ec2",
        "CreateVpnConnection",
        Type="ipsec.1",
        CustomerGatewayId=gateway["CustomerGateway"]["CustomerGatewayId"],
        VpnGatewayId=mine,
    )["VpnConnection"]
    one, where = setting("aws.ec2.vpn-tunnels"), target("AWS::EC2::VPNConnection", made["VpnConnectionId"])
    assert resource_type(where.type).list(aws, ACCOUNT, REGION, "aws") == [where]
    found = one.read(aws, where)
    assert found.value["Up"] == 0
    up = {**made, "VgwTelemetry": [{"OutsideIpAddress": f"203.0.113.{i}", "Status": "UP"} for i in (2, 1)]}
    seen = one.read(Answers(aws, DescribeVpnConnections={"VpnConnections": [up]}), where).value
    assert (seen["Up"], seen["Tunnels"][0]["OutsideIpAddress"]) == (2, "203.0.113.1")
    with pytest.raises(ValueError, match="other side"):
        one.write(where, found, seen)
    do("ec2", "DeleteVpnConnection", VpnConnectionId=made["VpnConnectionId"])
    assert resource_type(where.type).list(aws, ACCOUNT, REGION, "aws") == []


def test_the_door_to_ec2s_api_counts_once_it_is_open(aws, do):
    vpc = do("ec2", "CreateVpc", CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    subnet = do("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.6.1.0/24")["Subnet"]["SubnetId"]
    one, where = setting("aws.ec2.vpc-api-endpoint"), target("AWS::EC2::VPC", vpc)
    made = {"VpcId": vpc, "VpcEndpointType": "Interface", "SubnetIds": [subnet]}
    do("ec2", "CreateVpcEndpoint", **made, ServiceName=f"com.amazonaws.{REGION}.ec2messages")
    assert one.read(aws, where).value == {"Endpoints": []}
    there = do("ec2", "CreateVpcEndpoint", **made, ServiceName=f"com.amazonaws.{REGION}.ec2")
    id = there["VpcEndpoint"]["VpcEndpointId"]
    assert one.read(aws, where).value == {"Endpoints": [id]}
    pending = {"VpcEndpoints": [{**there["VpcEndpoint"], "State": "pending"}]}
    assert one.read(Answers(aws, DescribeVpcEndpoints=pending), where).value == {"Endpoints": []}
