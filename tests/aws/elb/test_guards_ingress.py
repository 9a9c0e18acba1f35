"""The guard of load balancers behind a narrowed security group: who visits them, and which targets they reach."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from tests.aws.guards import do
from tests.aws.network import ALL, ASKED, SSH, WEB, WORLD, Place


@pytest.fixture
def place(aws, monkeypatch):
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    return Place(aws)


BALANCED = "sg-load-balancer"
APP = {"IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389, **WORLD}


def balancer(place, kind="application", scheme="internet-facing", groups=()):
    """A load balancer of the VPC, and its ARN."""
    gateway = do(place.aws, "ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    do(place.aws, "ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=place.vpc)
    more = {"SecurityGroups": list(groups)} if groups else {}
    made = do(
        place.aws,
        "elbv2",
        "CreateLoadBalancer",
        Name="portal",
        Type=kind,
        Scheme=scheme,
        Subnets=[place.subnet],
        **more,
    )
    return made["LoadBalancers"][0]["LoadBalancerArn"]


def behind(place, arn, instance, protocol="HTTP", port=3389, **more):
    """Puts an instance behind a load balancer."""
    group = do(
        place.aws,
        "elbv2",
        "CreateTargetGroup",
        Name="ward",
        Protocol=protocol,
        Port=port,
        VpcId=place.vpc,
        **more,
    )["TargetGroups"][0]["TargetGroupArn"]
    do(place.aws, "elbv2", "RegisterTargets", TargetGroupArn=group, Targets=[{"Id": instance}])
    action = {"Type": "forward", "TargetGroupArn": group}
    do(
        place.aws,
        "elbv2",
        "CreateListener",
        LoadBalancerArn=arn,
        Protocol=protocol,
        Port=443,
        DefaultActions=[action],
    )


def test_visitors_of_a_load_balancer_that_is_not_found_are_never_cut_off(place):
    place.interface("ELB app/portal/50dc6c495c0c9188")
    outcome, reason = place.verdict(ALL, guard=BALANCED)
    assert outcome is Outcome.BLOCK
    assert "443" in reason


def test_a_web_port_that_stays_open_by_itself_is_no_reason(place):
    place.interface("ELB app/portal/50dc6c495c0c9188")
    web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **WORLD}
    assert place.verdict(ALL, WEB, web, guard=BALANCED)[0] is Outcome.PASS


def test_what_no_load_balancer_uses_passes(place):
    assert "no load balancer" in place.verdict(SSH, guard=BALANCED)[1]
    place.interface("bastion")
    assert place.verdict(guard=BALANCED)[0] is Outcome.PASS


def test_visitors_come_in_by_the_ports_of_its_listeners(place):
    arn = balancer(place)
    behind(place, arn, place.instance()["InstanceId"], port=8443)
    place.interface(f"ELB {arn.partition('loadbalancer/')[2]}")
    assert place.verdict(APP, guard=BALANCED)[0] is Outcome.PASS
    outcome, reason = place.verdict(ALL, guard=BALANCED)
    assert outcome is Outcome.BLOCK
    assert "portal connect on 443" in reason


def test_clients_of_an_internal_load_balancer_are_a_warning(place):
    arn = balancer(place, scheme="internal")
    do(
        place.aws,
        "elbv2",
        "CreateListener",
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=3389,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )
    place.interface(f"ELB {arn.partition('loadbalancer/')[2]}")
    outcome, reason = place.verdict(APP, guard=BALANCED)
    assert outcome is Outcome.WARN
    assert "portal on 3389" in reason


def test_a_classic_load_balancers_visitors_count_too(place):
    listener = {"Protocol": "TCP", "LoadBalancerPort": 3389, "InstancePort": 3389}
    do(
        place.aws,
        "elb",
        "CreateLoadBalancer",
        LoadBalancerName="old",
        Listeners=[listener],
        Subnets=[place.subnet],
        Scheme="internet-facing",
    )
    place.interface("ELB old")
    assert place.verdict(APP, guard=BALANCED)[0] is Outcome.BLOCK


def test_a_health_check_that_comes_from_an_allowed_network_goes_on(place):
    behind(place, balancer(place), place.instance()["InstanceId"])
    assert place.verdict(APP, guard=BALANCED)[0] is Outcome.PASS


def test_a_health_check_that_would_be_cut_blocks(place, monkeypatch):
    monkeypatch.setitem(ASKED, "to", ["192.168.0.0/16"])
    own = place.instance()["InstanceId"]
    behind(place, balancer(place), own, port=8443, HealthCheckPort="3389")
    outcome, reason = place.verdict(APP, guard=BALANCED)
    assert outcome is Outcome.BLOCK
    assert "health checks of the target group ward" in reason
    assert "10.9.0.0/16" in reason


def test_a_rule_that_names_the_load_balancers_group_keeps_its_way(place, monkeypatch):
    monkeypatch.setitem(ASKED, "to", ["192.168.0.0/16"])
    front = do(place.aws, "ec2", "CreateSecurityGroup", GroupName="lb", Description="d", VpcId=place.vpc)
    arn = balancer(place, groups=[front["GroupId"]])
    behind(place, arn, place.instance()["InstanceId"])
    by_group = {**APP, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": front["GroupId"]}]}
    assert place.verdict(APP, by_group, guard=BALANCED)[0] is Outcome.PASS


def test_visitors_of_a_network_load_balancer_come_with_their_own_addresses(place):
    behind(place, balancer(place, kind="network"), place.instance()["InstanceId"], protocol="TCP")
    outcome, reason = place.verdict(APP, guard=BALANCED)
    assert outcome is Outcome.BLOCK
    assert "preserves their source addresses" in reason


def test_a_classic_load_balancers_health_check_counts_too(place, monkeypatch):
    monkeypatch.setitem(ASKED, "to", ["192.168.0.0/16"])
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 8443}
    do(
        place.aws,
        "elb",
        "CreateLoadBalancer",
        LoadBalancerName="old",
        Listeners=[listener],
        Subnets=[place.subnet],
    )
    id = place.instance()["InstanceId"]
    do(
        place.aws,
        "elb",
        "RegisterInstancesWithLoadBalancer",
        LoadBalancerName="old",
        Instances=[{"InstanceId": id}],
    )
    check = {
        "Target": "TCP:3389",
        "Interval": 30,
        "Timeout": 5,
        "UnhealthyThreshold": 2,
        "HealthyThreshold": 2,
    }
    do(place.aws, "elb", "ConfigureHealthCheck", LoadBalancerName="old", HealthCheck=check)
    outcome, reason = place.verdict(APP, guard=BALANCED)
    assert outcome is Outcome.BLOCK
    assert "health checks of the load balancer old" in reason


def test_what_cannot_be_seen_blocks():
    assert BALANCED in guards()[1]
