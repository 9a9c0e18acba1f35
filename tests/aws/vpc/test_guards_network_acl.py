"""Guards of network ACLs: every port that is served and every network that sends today stays allowed."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.aws.vpc.network_acl_entries import without_door
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange
from hipaa_tui.providers.model import CloudError, Reading, Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, bucket, verdict
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION
from tests.aws.vpc import networks

BLOCK, PASS, WARN = Outcome.BLOCK, Outcome.PASS, Outcome.WARN
INGRESS = "aws.ec2.security-group-ingress"
ACL, TRAFFIC = "aws.ec2.network-acl-ingress", "aws.ec2.network-acl-traffic"
INTERNAL = ["10.0.0.0/8"]


@pytest.fixture
def do(aws):
    return lambda service, operation, **more: do_by_hand(aws, service, operation, **more)


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


class Network(networks.Network):
    """The VPC with what its ACL would be changed to."""

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


UNKNOWING = {"Networks": ["10.7.0.0/16"], "Served": []}


def test_what_security_groups_let_in_is_served_as_before(network):
    network.allow("tcp", 22, 22)
    network.interface()
    outcome, reason = network.acl_verdict("acl-serves")
    assert (outcome, "still allows all traffic" in reason) == (PASS, True)


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
    plain = SettingReader({"aws": aws})

    def read(name: str, target: Target, /) -> Reading:
        if name == INGRESS:
            return Reading({"rules": [{"protocol": "-1", "source": "10.0.0.0/8"}]})
        return plain(name, target)

    draft = PlannedChange(id, network.acl(), plain(id, network.acl()).value, after)
    assert guards()[0]["acl-serves"](GuardContext(aws, network.acl(), [draft], {}, {}, read))[0] is PASS


def test_appliances_that_look_into_everything_keep_their_door(network):
    network.interface("inspection")
    kinds = [{**one, "InterfaceType": "gateway_load_balancer_endpoint"} for one in network.seen()]
    cloud = Answers(network.aws, DescribeNetworkInterfaces={"NetworkInterfaces": kinds})
    outcome, reason = network.acl_verdict("acl-serves", cloud)
    assert (outcome, "for inspection" in reason) == (BLOCK, True)


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
    assert (outcome, "is 20" in reason) == (WARN, True)


@pytest.mark.parametrize("name", ["acl-serves", "acl-networks"])
def test_a_plan_without_such_a_change_is_nothing_to_look_at(aws, name):
    assert verdict(aws, name, bucket("records"))[0] is PASS


@pytest.mark.parametrize("name", ["acl-serves", "acl-networks"])
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
