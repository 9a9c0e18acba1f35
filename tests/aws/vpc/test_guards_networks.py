"""Guards of networks and of what tells: nothing that is served, reached or recorded today is lost in passing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hipaa_tui.aws.cloudtrail.account import with_account_trail
from hipaa_tui.aws.vpc.network_acl_entries import without_door
from hipaa_tui.clouds.connections import Reader
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Draft, Look, Outcome
from hipaa_tui.providers.model import CloudError, Reading, Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, bucket, make_bucket, verdict
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION
from tests.aws.vpc.estate_networks import alarm

BLOCK, PASS, WARN = Outcome.BLOCK, Outcome.PASS, Outcome.WARN
ACL, TRAFFIC = "aws.ec2.network-acl-ingress", "aws.ec2.network-acl-traffic"
INGRESS = "aws.ec2.security-group-ingress"
SUBNET, ROUTES = "aws.ec2.subnet-public-addresses", "aws.ec2.internet-routes"
GATEWAY, TRAIL = "aws.ec2.internet-gateway-attachment", "aws.cloudtrail.account-trail"
ALARM, EVENTS = "aws.cloudwatch.alarm", "aws.s3.event-notifications"
WORLD = [{"CidrIp": "0.0.0.0/0"}]
INTERNAL = ["10.0.0.0/8"]
NOTHING_ELSE = {"MapPublicIpOnLaunch": False}


@pytest.fixture
def do(aws):
    return lambda service, operation, **more: do_by_hand(aws, service, operation, **more)


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


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

    def acl(self) -> Target:
        filters = [{"Name": "vpc-id", "Values": [self.vpc]}]
        acls = self.do("ec2", "DescribeNetworkAcls", Filters=filters)["NetworkAcls"]
        return found("AWS::EC2::NetworkAcl", acls[0]["NetworkAclId"])

    def closing(self, traffic: Any = None, **asked: Any) -> tuple[str, Any]:
        """The change of the ACL; of `traffic` what was known of the subnets when it was planned."""
        target = self.acl()
        known = traffic or setting(TRAFFIC).read(self.aws, target).value
        given = {"internal": INTERNAL, "ports": "80,443", "return_ports": "1024-65535", "traffic": known}
        return ACL, without_door(setting(ACL).read(self.aws, target).value, {**given, **asked})

    def acl_verdict(self, guard: str, cloud: Any = None, **asked: Any) -> tuple[Outcome, str]:
        return verdict(cloud or self.aws, guard, self.acl(), self.closing(**asked))


@pytest.fixture
def network(aws, do):
    return Network(aws, do)


# -- network ACLs

UNKNOWING = {"Networks": ["10.7.0.0/16"], "Served": []}


def test_what_security_groups_let_in_is_served_as_before(network):
    network.allow("tcp", 22, 22)
    network.interface()
    outcome, reason = network.acl_verdict("acl-serves")
    assert (outcome, "as before" in reason) == (PASS, True)


def test_a_port_that_was_opened_since_the_plan_is_not_shut(network):
    network.allow("tcp", 22, 22)
    network.interface("ssh host")
    outcome, reason = network.acl_verdict("acl-serves", traffic=UNKNOWING)
    assert (outcome, "tcp 22-22 from 0.0.0.0/0" in reason) == (BLOCK, True)
    assert network.acl_verdict("acl-serves", traffic=UNKNOWING, ports="22,443")[0] is PASS


def test_what_is_open_on_every_port_says_nothing_of_what_it_serves(network):
    network.allow("-1", 0, 0)
    interface = network.interface("host")
    outcome, reason = network.acl_verdict("acl-serves")
    assert (outcome, "network load balancer" in reason) == (WARN, True)
    network.publish(interface)
    outcome, reason = network.acl_verdict("acl-serves")
    assert (outcome, "aws.ec2.security-group-open" in reason) == (BLOCK, True)


def test_a_group_that_the_plan_narrows_is_seen_as_it_will_be(aws, network):
    network.allow("-1", 0, 0)
    network.publish(network.interface("host"))
    id, after = network.closing()
    plain = Reader({"aws": aws})

    def read(name: str, target: Target, /) -> Reading:
        if name == INGRESS:
            return Reading({"rules": [{"protocol": "-1", "source": "10.0.0.0/8"}]})
        return plain(name, target)

    draft = Draft(id, network.acl(), plain(id, network.acl()).value, after)
    assert guards()[0]["acl-serves"](Look(aws, network.acl(), [draft], {}, {}, read))[0] is PASS


def test_appliances_that_look_into_everything_keep_their_door(network):
    network.interface("inspection")
    kinds = [{**one, "InterfaceType": "gateway_load_balancer_endpoint"} for one in network.seen()]
    cloud = Answers(network.aws, DescribeNetworkInterfaces={"NetworkInterfaces": kinds})
    outcome, reason = network.acl_verdict("acl-serves", cloud)
    assert (outcome, "inspected" in reason) == (BLOCK, True)


def test_a_load_balancer_without_security_groups_keeps_its_listeners(network, do):
    made = do("elbv2", "CreateLoadBalancer", Name="vpn", Subnets=network.subnets, Type="network")
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    to = do("elbv2", "CreateTargetGroup", Name="t", Protocol="UDP", Port=500, VpcId=network.vpc)
    forward = [{"Type": "forward", "TargetGroupArn": to["TargetGroups"][0]["TargetGroupArn"]}]
    listener = {"LoadBalancerArn": arn, "Protocol": "UDP", "Port": 500}
    do("elbv2", "CreateListener", **listener, DefaultActions=forward)
    network.interface()
    mine = [{**one, "Description": "ELB net/vpn/1", "Groups": []} for one in network.seen()]
    cloud = Answers(network.aws, DescribeNetworkInterfaces={"NetworkInterfaces": mine})
    outcome, reason = network.acl_verdict("acl-serves", cloud)
    assert (outcome, "500" in reason) == (BLOCK, True)
    assert network.acl_verdict("acl-serves", cloud, ports="udp/500")[0] is PASS


def test_a_nat_gateway_gets_its_answers(network):
    network.interface("Interface for NAT Gateway nat-1")
    kinds = [{**one, "InterfaceType": "nat_gateway", "Groups": []} for one in network.seen()]
    cloud = Answers(network.aws, DescribeNetworkInterfaces={"NetworkInterfaces": kinds})
    assert network.acl_verdict("acl-serves", cloud)[0] is PASS
    outcome, reason = network.acl_verdict("acl-serves", cloud, return_ports="32768-65535")
    assert (outcome, "nat-1" in reason) == (BLOCK, True)


def test_peers_and_vpns_may_send_what_they_send(network, do):
    assert network.acl_verdict("acl-networks")[0] is PASS
    other = do("ec2", "CreateVpc", CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    peer = do("ec2", "CreateVpcPeeringConnection", VpcId=network.vpc, PeerVpcId=other)
    id = peer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    route = {"RouteTableId": network.table, "VpcPeeringConnectionId": id}
    do("ec2", "CreateRoute", **route, DestinationCidrBlock="10.99.0.0/16")
    assert network.acl_verdict("acl-networks")[0] is PASS
    do("ec2", "CreateRoute", **route, DestinationCidrBlock="203.0.113.0/24")
    outcome, reason = network.acl_verdict("acl-networks")
    assert (outcome, "203.0.113.0/24" in reason and id in reason) == (BLOCK, True)
    assert network.acl_verdict("acl-networks", internal=[*INTERNAL, "203.0.113.0/24"])[0] is PASS


def test_the_vpcs_own_networks_may_always_send(aws, do):
    public = Network(aws, do, "198.18.0.0/16")
    assert public.acl_verdict("acl-networks")[0] is PASS
    outcome, reason = public.acl_verdict("acl-networks", traffic={"Networks": [], "Served": []})
    assert (outcome, "198.18.0.0/16" in reason) == (BLOCK, True)


def test_ways_without_a_network_and_long_lists_are_said(network, do):
    gateway = do("ec2", "CreateVpnGateway", Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    do("ec2", "AttachVpnGateway", VpcId=network.vpc, VpnGatewayId=gateway)
    route = {"RouteTableId": network.table, "GatewayId": gateway}
    do("ec2", "CreateRoute", **route, DestinationCidrBlock="0.0.0.0/0")
    outcome, reason = network.acl_verdict("acl-networks")
    assert (outcome, gateway in reason) == (WARN, True)
    many = ",".join(str(port) for port in range(1, 60, 3))
    outcome, reason = network.acl_verdict("acl-networks", ports=many)
    assert (outcome, "takes 20" in reason) == (WARN, True)


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


# -- trails, alarms, buckets


def trail_verdict(aws: Any, cloud: Any = None, name: str = "trail-files", *made: Any) -> tuple[Outcome, str]:
    target = found("AWS::CloudTrail::AccountTrails", ACCOUNT)
    asked = {"bucket": name, "partition": "aws", "account": ACCOUNT, "region": REGION}
    after = with_account_trail(setting(TRAIL).read(aws, target).value, asked)
    return verdict(cloud or aws, "account-trail-ready", target, *made, (TRAIL, after), bucket="")


def test_a_trail_needs_a_bucket_that_is_there(aws):
    outcome, reason = trail_verdict(aws)
    assert (outcome, "trail-files" in reason) == (BLOCK, True)
    make_bucket(aws, "trail-files")
    assert trail_verdict(aws)[0] is PASS


def test_a_bucket_that_the_plan_makes_is_ready_for_the_trail(aws):
    made = ("aws.s3.bucket", {"Region": REGION}, bucket("new-files"))
    assert trail_verdict(aws, None, "new-files", made)[0] is PASS


def test_whoever_names_a_bucket_has_to_let_the_trail_in(aws):
    make_bucket(aws, "their-files")
    target = found("AWS::CloudTrail::AccountTrails", ACCOUNT)
    asked = {"bucket": "their-files", "partition": "aws", "account": ACCOUNT, "region": REGION}
    after = with_account_trail(setting(TRAIL).read(aws, target).value, asked)
    outcome, _ = verdict(aws, "account-trail-ready", target, (TRAIL, after), bucket="their-files")
    assert outcome is WARN


def test_a_trail_that_was_stopped_was_stopped_by_somebody(aws, do):
    make_bucket(aws, "trail-files")
    do("cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files")
    outcome, reason = trail_verdict(aws)
    assert (outcome, "who stopped it" in reason) == (WARN, True)
    failing = {"IsLogging": False, "LatestDeliveryError": "AccessDenied"}
    outcome, reason = trail_verdict(aws, Answers(aws, GetTrailStatus=failing))
    assert (outcome, "AccessDenied" in reason) == (WARN, True)


def test_a_trail_that_runs_only_gets_more_to_record(aws, do):
    make_bucket(aws, "trail-files")
    do("cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files")
    do("cloudtrail", "StartLogging", Name="main")
    assert trail_verdict(aws)[0] is PASS


def alarm_verdict(aws: Any, **more: Any) -> tuple[Outcome, str]:
    target = found("AWS::CloudWatch::Alarm", "silent")
    value = setting(ALARM).read(aws, target).value
    return verdict(aws, "alarm-was-quiet", target, (ALARM, {**value, "AlarmActions": ["t"], **more}))


def test_an_alarm_that_is_red_all_the_time_is_heard_by_nobody(aws, do):
    alarm(do, "silent")
    assert alarm_verdict(aws)[0] is PASS
    for number in range(42):
        state = "OK" if number % 2 else "ALARM"
        do("cloudwatch", "SetAlarmState", AlarmName="silent", StateValue=state, StateReason="test")
    outcome, reason = alarm_verdict(aws)
    assert (outcome, "21 times" in reason) == (WARN, True)


def test_actions_that_are_switched_off_stay_off_and_are_said(aws, do):
    alarm(do, "silent", ActionsEnabled=False)
    outcome, reason = alarm_verdict(aws)
    assert (outcome, "enable-alarm-actions" in reason) == (WARN, True)


@pytest.mark.parametrize(("each_day", "outcome"), [(None, PASS), (10, PASS), (1_000_000, WARN)])
def test_a_busy_bucket_costs_what_it_tells(aws, each_day, outcome):
    target = make_bucket(aws, "records")
    now = datetime.now(UTC)
    points = [
        {"Timestamp": (now - timedelta(14 - day)).isoformat(), "Average": float(day * (each_day or 0))}
        for day in range(14 if each_day else 1)
    ]
    cloud = Answers(aws, GetMetricStatistics={"Datapoints": points})
    change = (EVENTS, {"EventBridgeConfiguration": {}})
    found_, reason = verdict(cloud, "bucket-events-cost", target, change)
    assert found_ is outcome
    assert ("30.00 USD" in reason) is (outcome is WARN)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "acl-serves",
            "acl-networks",
            "subnet-launches",
            "internet-route-unused",
            "internet-gateway-unused",
        ),
        *("account-trail-ready", "alarm-was-quiet", "bucket-events-cost", "attachments-known"),
    ],
)
def test_a_plan_without_such_a_change_is_nothing_to_look_at(aws, name):
    assert verdict(aws, name, bucket("records"))[0] is PASS


@pytest.mark.parametrize(
    "name",
    [
        *(
            "acl-serves",
            "acl-networks",
            "subnet-launches",
            "internet-route-unused",
            "internet-gateway-unused",
        ),
        "account-trail-ready",
    ],
)
def test_a_network_that_cannot_be_seen_is_not_changed(name):
    assert name in guards()[1]


def test_a_refusal_is_passed_on_and_not_taken_for_nothing(network):
    class Refusing(Answers):
        def pages(self, call, items):
            if call.operation == "DescribeNetworkInterfaces":
                raise CloudError("UnauthorizedOperation", "no", status=403, call=call)
            return super().pages(call, items)

    change = network.closing()
    with pytest.raises(CloudError, match="UnauthorizedOperation"):
        verdict(Refusing(network.aws), "acl-serves", network.acl(), change)
