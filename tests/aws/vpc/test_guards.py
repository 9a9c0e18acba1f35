"""Guards of subnets, routes and gateways: which instances and public systems depend on the way to the Internet."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, bucket, verdict
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION
from tests.aws.vpc.networks import Network

BLOCK, PASS, WARN = Outcome.BLOCK, Outcome.PASS, Outcome.WARN
SUBNET, ROUTES = "aws.ec2.subnet-public-addresses", "aws.ec2.internet-routes"
GATEWAY = "aws.ec2.internet-gateway-attachment"
NOTHING_ELSE = {"MapPublicIpOnLaunch": False}


@pytest.fixture
def do(aws):
    return lambda service, operation, **more: do_by_hand(aws, service, operation, **more)


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


@pytest.fixture
def network(aws, do):
    return Network(aws, do)


# -- subnets


def subnet_verdict(network: Network, cloud: Any = None) -> tuple[Outcome, str]:
    target = found("AWS::EC2::Subnet", network.subnets[0])
    return verdict(cloud or network.aws, "subnet-launches", target, (SUBNET, NOTHING_ELSE))


def scaling(network: Network, name: str, **card: Any) -> None:
    """An Auto Scaling group in the first subnet, whose template says this of its network card."""
    data: dict[str, Any] = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    if card:
        data["NetworkInterfaces"] = [{"DeviceIndex": 0, **card}]
    network.do("ec2", "CreateLaunchTemplate", LaunchTemplateName=name, LaunchTemplateData=data)
    network.do(
        "autoscaling",
        "CreateAutoScalingGroup",
        AutoScalingGroupName=name,
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=network.subnets[0],
        LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"},
    )


def test_groups_that_start_instances_there_need_the_address(network):
    network.lead_out()
    scaling(network, "says-so", AssociatePublicIpAddress=False)
    assert subnet_verdict(network)[0] is PASS
    scaling(network, "silent")
    outcome, reason = subnet_verdict(network)
    assert (outcome, "silent" in reason and "says-so" not in reason) == (BLOCK, True)


def test_a_launch_configuration_may_be_silent_too(network, do):
    network.lead_out()
    for name, more in (("says-so", {"AssociatePublicIpAddress": True}), ("silent", {})):
        base = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
        do("autoscaling", "CreateLaunchConfiguration", LaunchConfigurationName=name, **base, **more)
        sizes = {"MinSize": 0, "MaxSize": 0, "VPCZoneIdentifier": network.subnets[0]}
        use = {"AutoScalingGroupName": name, "LaunchConfigurationName": name}
        do("autoscaling", "CreateAutoScalingGroup", **use, **sizes)
    groups = do("autoscaling", "DescribeLaunchConfigurations")["LaunchConfigurations"]
    # moto answers false where nobody said anything; AWS leaves it out.
    real = [
        {k: v for k, v in one.items() if k != "AssociatePublicIpAddress" or v}
        for one in groups
        if one["LaunchConfigurationName"] == "silent"
    ]
    cloud = Answers(network.aws, DescribeLaunchConfigurations={"LaunchConfigurations": real})
    outcome, reason = subnet_verdict(network, cloud)
    assert (outcome, "silent" in reason) == (BLOCK, True)


def test_where_no_route_leads_out_the_address_is_of_no_use(network):
    scaling(network, "silent")
    outcome, reason = subnet_verdict(network)
    assert (outcome, "no route" in reason) == (PASS, True)


def test_nodes_of_a_cluster_need_the_address_to_join(network, do):
    cluster = {"resourcesVpcConfig": {"subnetIds": network.subnets}}
    role = f"arn:aws:iam::{ACCOUNT}:role/eks"
    do("eks", "CreateCluster", name="phi", roleArn=role, **cluster)
    do(
        "eks",
        "CreateNodegroup",
        clusterName="phi",
        nodegroupName="nodes",
        nodeRole=role,
        subnets=network.subnets[:1],
    )
    outcome, reason = subnet_verdict(network)
    assert (outcome, "phi/nodes" in reason) == (BLOCK, True)


def test_instances_keep_the_addresses_that_they_have(network, do):
    network.lead_out()
    place = {"SubnetId": network.subnets[0], "ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1}
    do("ec2", "ModifySubnetAttribute", SubnetId=network.subnets[0], MapPublicIpOnLaunch={"Value": True})
    instance = do("ec2", "RunInstances", **place)["Instances"][0]["InstanceId"]
    outcome, reason = subnet_verdict(network)
    assert (outcome, instance in reason) == (WARN, True)


# -- routes and gateways


def route_verdict(network: Network) -> tuple[Outcome, str]:
    target = found("AWS::EC2::RouteTable", network.table)
    return verdict(network.aws, "internet-route-unused", target, (ROUTES, {"routes": []}))


def test_a_route_that_nobody_can_use_may_go(network):
    network.lead_out()
    network.interface()
    assert route_verdict(network)[0] is PASS


def test_a_public_system_keeps_its_route(network):
    network.lead_out()
    network.publish(network.interface("portal"))
    outcome, reason = route_verdict(network)
    assert (outcome, "portal" in reason) == (BLOCK, True)


def test_a_subnet_that_gives_addresses_keeps_its_route(network, do):
    network.lead_out()
    do("ec2", "ModifySubnetAttribute", SubnetId=network.subnets[0], MapPublicIpOnLaunch={"Value": True})
    outcome, reason = route_verdict(network)
    assert (outcome, "aws.ec2.subnet-public-addresses" in reason) == (BLOCK, True)


def test_the_main_table_is_for_every_subnet_without_its_own(network, do):
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "association.main", "Values": ["true"]}]
    main = do("ec2", "DescribeRouteTables", Filters=filters)["RouteTables"][0]["RouteTableId"]
    route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": network.gateway}
    do("ec2", "CreateRoute", RouteTableId=main, **route)
    target = found("AWS::EC2::RouteTable", main)
    network.publish(network.interface("in the first subnet"))
    draft = (ROUTES, {"routes": []})
    assert verdict(network.aws, "internet-route-unused", target, draft)[0] is PASS
    use = {"SubnetId": network.subnets[1], "Groups": [network.group], "Description": "in the second"}
    made = do("ec2", "CreateNetworkInterface", **use)["NetworkInterface"]["NetworkInterfaceId"]
    network.publish(made)
    outcome, reason = verdict(network.aws, "internet-route-unused", target, draft)
    assert (outcome, "in the second" in reason) == (BLOCK, True)


def gateway_verdict(network: Network, cloud: Any = None) -> tuple[Outcome, str]:
    target = found("AWS::EC2::InternetGateway", network.gateway)
    return verdict(cloud or network.aws, "internet-gateway-unused", target, (GATEWAY, None))


def test_a_gateway_that_nobody_uses_may_go(network):
    assert gateway_verdict(network)[0] is PASS


def test_a_gateway_with_a_route_is_meant(network):
    network.lead_out()
    outcome, reason = gateway_verdict(network)
    assert (outcome, network.table in reason and network.vpc in reason) == (BLOCK, True)


def test_a_gateway_with_public_systems_or_a_table_at_its_edge_is_meant(network, do):
    tables = do("ec2", "DescribeRouteTables", RouteTableIds=[network.table])["RouteTables"]
    edge = [{**tables[0], "Associations": [{"GatewayId": network.gateway}]}]
    cloud = Answers(network.aws, DescribeRouteTables={"RouteTables": edge})
    assert gateway_verdict(network, cloud)[0] is BLOCK
    network.publish(network.interface("portal"))
    outcome, reason = gateway_verdict(network)
    assert (outcome, "portal" in reason) == (BLOCK, True)


def test_networks_of_other_accounts_that_were_attached_unasked_are_named(aws, do):
    id = do("ec2", "CreateTransitGateway", Options={"AutoAcceptSharedAttachments": "enable"})
    target = found("AWS::EC2::TransitGateway", id["TransitGateway"]["TransitGatewayId"])
    change = ("aws.ec2.transit-gateway-auto-accept", {"AutoAcceptSharedAttachments": "disable"})
    assert verdict(aws, "attachments-known", target, change)[0] is PASS
    theirs = {"ResourceId": "vpc-9", "ResourceOwnerId": "999999999999", "State": "available"}
    cloud = Answers(aws, DescribeTransitGatewayAttachments={"TransitGatewayAttachments": [theirs]})
    outcome, reason = verdict(cloud, "attachments-known", target, change)
    assert (outcome, "vpc-9 of 999999999999" in reason) == (WARN, True)


@pytest.mark.parametrize(
    "name", ["subnet-launches", "internet-route-unused", "internet-gateway-unused", "attachments-known"]
)
def test_a_plan_without_such_a_change_is_nothing_to_look_at(aws, name):
    assert verdict(aws, name, bucket("records"))[0] is PASS


@pytest.mark.parametrize("name", ["subnet-launches", "internet-route-unused", "internet-gateway-unused"])
def test_a_network_that_cannot_be_seen_is_not_changed(name):
    assert name in guards()[1]
