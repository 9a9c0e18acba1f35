"""Who comes in through rules that are to be narrowed is seen before they are, and what logs may cost."""

from __future__ import annotations

import pytest
from aws_guards import do, verdict
from aws_server import ACCOUNT, REGION

from hipaa_tui.plans.guards import aws_ec2
from hipaa_tui.plans.guards.model import Outcome
from hipaa_tui.settings.aws.ec2_ingress import narrow_ingress
from hipaa_tui.settings.registry import resource_type, setting

INGRESS = "aws.ec2.security-group-ingress"
ASKED = {"from": ["0.0.0.0/0", "::/0"], "to": ["10.0.0.0/8"], "ports": [22, 3389, 5432]}
WORLD = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **WORLD}
DATABASE = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, **WORLD}
WEB = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **WORLD}
ALL = {"IpProtocol": "-1", **WORLD}


class Place:
    """A VPC with one security group, and interfaces that use it."""

    def __init__(self, aws):
        self.aws = aws
        self.vpc = do(aws, "ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnet = do(aws, "ec2", "CreateSubnet", VpcId=self.vpc, CidrBlock="10.9.1.0/24")
        self.subnet = subnet["Subnet"]["SubnetId"]
        made = do(aws, "ec2", "CreateSecurityGroup", GroupName="g", Description="d", VpcId=self.vpc)
        self.group = made["GroupId"]

    def interface(self, description):
        use = {"SubnetId": self.subnet, "Groups": [self.group], "Description": description}
        do(self.aws, "ec2", "CreateNetworkInterface", **use)

    def target(self):
        return resource_type("AWS::EC2::SecurityGroup").target(self.group, ACCOUNT, REGION)

    def verdict(self, *permissions):
        if permissions:
            rules = {"GroupId": self.group, "IpPermissions": list(permissions)}
            do(self.aws, "ec2", "AuthorizeSecurityGroupIngress", **rules)
        before = setting(INGRESS).read(self.aws, self.target()).value
        draft = (INGRESS, narrow_ingress(before, ASKED))
        return verdict(self.aws, "sg-operator-path", self.target(), draft)


@pytest.fixture
def place(aws):
    return Place(aws)


def test_a_group_that_nothing_uses_is_free_to_change(place):
    outcome, reason = place.verdict(SSH)
    assert outcome is Outcome.PASS
    assert "nothing uses" in reason


def test_sessions_that_end_are_named(place):
    place.interface("bastion")
    outcome, reason = place.verdict(SSH)
    assert outcome is Outcome.WARN
    assert "22" in reason
    assert "bastion" in reason
    assert "10.0.0.0/8" in reason


def test_a_database_port_is_nobodys_session(place):
    place.interface("db")
    assert place.verdict(DATABASE, WEB)[0] is Outcome.PASS


def test_visitors_of_a_load_balancer_are_never_cut_off(place):
    place.interface("ELB app/portal/50dc6c495c0c9188")
    outcome, reason = place.verdict(ALL)
    assert outcome is Outcome.BLOCK
    assert "443" in reason


def test_a_web_port_that_stays_open_by_itself_is_no_reason(place):
    place.interface("ELB app/portal/50dc6c495c0c9188")
    web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **WORLD}
    outcome, reason = place.verdict(ALL, WEB, web)
    assert outcome is Outcome.WARN
    assert "443" not in reason


def test_visitors_of_anything_else_are_named(place):
    place.interface("web")
    outcome, reason = place.verdict(ALL)
    assert outcome is Outcome.WARN
    assert "80, 443" in reason


@pytest.mark.parametrize("tag", ["kubernetes.io/cluster/clinic", "elbv2.k8s.aws/cluster"])
def test_what_a_controller_keeps_is_changed_there(place, tag):
    do(place.aws, "ec2", "CreateTags", Resources=[place.group], Tags=[{"Key": tag, "Value": "owned"}])
    assert place.verdict(SSH)[0] is Outcome.BLOCK


def test_without_a_change_of_rules_there_is_nothing_to_say(place):
    assert verdict(place.aws, "sg-operator-path", place.target())[0] is Outcome.PASS


# Flow logs -------------------------------------------------------------------------------------------


def test_flow_logs_cost_what_there_is_to_log(place, monkeypatch):
    target = resource_type("AWS::EC2::VPC").target(place.vpc, ACCOUNT, REGION)
    assert "empty" in verdict(place.aws, "flow-log-cost", target)[1]
    place.interface("one")
    outcome, reason = verdict(place.aws, "flow-log-cost", target)
    assert outcome is Outcome.PASS
    assert "1 network interfaces" in reason
    monkeypatch.setattr(aws_ec2, "FLOWS", 1_000_000)
    assert verdict(place.aws, "flow-log-cost", target)[0] is Outcome.WARN


def test_a_flow_log_that_is_there_is_said_to_stay(place):
    target = resource_type("AWS::EC2::VPC").target(place.vpc, ACCOUNT, REGION)
    do(place.aws, "logs", "CreateLogGroup", logGroupName="/theirs")
    do(
        place.aws,
        "ec2",
        "CreateFlowLogs",
        ResourceIds=[place.vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogGroupName="/theirs",
        DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/flow",
    )
    place.interface("one")
    draft = ("aws.ec2.vpc-flow-log", {"flowLogs": []})
    assert "REJECT" in verdict(place.aws, "flow-log-cost", target, draft)[1]
