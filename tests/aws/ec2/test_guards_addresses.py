"""The guard of an instance's public address: which routes, DNS names and Auto Scaling groups depend on it."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.ec2.estate_instances import launch
from tests.aws.guards import Answers, do, verdict
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

ADDRESSES = "aws.ec2.public-addresses"
NONE = {"Elastic": [], "Automatic": False, "Addresses": []}


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.fixture
def place(aws):
    """An instance with a public address, in a subnet that no gateway serves."""
    found = Place(aws)
    found.instance = launch(aws, found.subnet, "clinic", AssociatePublicIpAddress=True)
    found.one = target("AWS::EC2::Instance", found.instance["InstanceId"])
    return found


def unused(place, cloud=None, **parameters):
    cloud = cloud or place.aws
    return verdict(cloud, "public-address-unused", place.one, (ADDRESSES, NONE), parameters=parameters)


def routed(place, **to):
    """A route of its subnet's table."""
    filters = [{"Name": "vpc-id", "Values": [place.vpc]}]
    table = do(place.aws, "ec2", "DescribeRouteTables", Filters=filters)["RouteTables"][0]["RouteTableId"]
    do(place.aws, "ec2", "CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **to)
    return table


def test_an_address_that_no_route_leads_to_may_go(place):
    outcome, reason = unused(place)
    assert outcome is Outcome.PASS
    assert "no route" in reason


def test_an_instance_without_an_address_passes(place):
    place.one = target("AWS::EC2::Instance", launch(place.aws, place.subnet, "plain")["InstanceId"])
    assert unused(place)[0] is Outcome.PASS


def test_the_only_way_in_and_out_is_kept_until_it_is_given_up(place):
    gateway = do(place.aws, "ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    do(place.aws, "ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=place.vpc)
    routed(place, GatewayId=gateway)
    outcome, reason = unused(place)
    assert outcome is Outcome.BLOCK
    assert "only way in and out" in reason
    assert unused(place, address_given_up=True)[0] is Outcome.WARN
    # A table of its own without that route counts, and not the main one.
    table = do(place.aws, "ec2", "CreateRouteTable", VpcId=place.vpc)["RouteTable"]["RouteTableId"]
    do(place.aws, "ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=place.subnet)
    assert unused(place)[0] is Outcome.PASS


def test_a_nat_instance_keeps_its_address_whatever_is_said(place):
    table = routed(place, InstanceId=place.one.name)
    outcome, reason = unused(place, address_given_up=True)
    assert outcome is Outcome.BLOCK
    assert table in reason


def test_a_dns_name_of_the_address_is_moved_first(place):
    address = place.instance["NetworkInterfaces"][0]["Association"]["PublicIp"]
    zone = do(place.aws, "route53", "CreateHostedZone", Name="clinic.example", CallerReference="1")
    record = {
        "Name": "portal.clinic.example",
        "Type": "A",
        "TTL": 60,
        "ResourceRecords": [{"Value": address}],
    }
    change = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    id = zone["HostedZone"]["Id"]
    do(place.aws, "route53", "ChangeResourceRecordSets", HostedZoneId=id, ChangeBatch=change)
    outcome, reason = unused(place)
    assert outcome is Outcome.BLOCK
    assert "portal.clinic.example" in reason
    assert unused(place, address_given_up=True)[0] is Outcome.WARN


def test_zones_that_are_too_many_to_read_are_said(place):
    zones = [{"Id": f"Z{number}"} for number in range(43)]
    cloud = Answers(
        place.aws,
        ListHostedZones={"HostedZones": zones},
        ListResourceRecordSets={"ResourceRecordSets": []},
    )
    outcome, reason = unused(place, cloud)
    assert outcome is Outcome.WARN
    assert "3 hosted zones" in reason


def test_a_group_that_gives_the_next_instances_an_address_is_named(place):
    tag = {"Key": "aws:autoscaling:groupName", "Value": "web"}
    instance = {**place.instance, "Tags": [tag]}
    cloud = Answers(place.aws, DescribeInstances={"Reservations": [{"Instances": [instance]}]})
    outcome, reason = unused(place, cloud)
    assert outcome is Outcome.WARN
    assert "web" in reason
