"""Who comes in through rules that are to be narrowed is seen before they are, and what logs may cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.aws.vpc import guards_flow_logs
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, do, verdict
from tests.aws.network import ALL, DATABASE, INGRESS, SSH, WEB, WORLD, Place
from tests.aws.server import ACCOUNT, REGION


@pytest.fixture
def place(aws, monkeypatch):
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
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


# The operator's own way in ---------------------------------------------------------------------------


def here(place, monkeypatch, client="203.0.113.9", port="22"):
    """Lets this be a session on a host behind the group."""
    server = place.interface("bastion")["PrivateIpAddress"]
    monkeypatch.setenv("SSH_CONNECTION", f"{client} 50112 {server} {port}")


def test_the_session_that_this_runs_in_is_never_cut_off(place, monkeypatch):
    here(place, monkeypatch)
    outcome, reason = place.verdict(SSH)
    assert outcome is Outcome.BLOCK
    assert "203.0.113.9/32" in reason
    assert "allowed" in reason or "may still come in" in reason


@pytest.mark.parametrize(
    "session", ["10.1.2.3 50112 {server} 22", "203.0.113.9 50112 10.99.0.1 22", "nonsense", "a b c d"]
)
def test_a_session_that_stays_or_goes_elsewhere_is_no_reason(place, monkeypatch, session):
    server = place.interface("bastion")["PrivateIpAddress"]
    monkeypatch.setenv("SSH_CONNECTION", session.format(server=server))
    assert place.verdict(SSH)[0] is Outcome.WARN


def test_a_session_that_another_group_lets_in_goes_on(place, monkeypatch):
    made = do(place.aws, "ec2", "CreateSecurityGroup", GroupName="two", Description="d", VpcId=place.vpc)
    own = {**SSH, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}
    do(place.aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=made["GroupId"], IpPermissions=[own])
    use = {"SubnetId": place.subnet, "Groups": [place.group, made["GroupId"]], "Description": "bastion"}
    server = do(place.aws, "ec2", "CreateNetworkInterface", **use)["NetworkInterface"]["PrivateIpAddress"]
    monkeypatch.setenv("SSH_CONNECTION", f"203.0.113.9 50112 {server} 22")
    assert place.verdict(SSH)[0] is Outcome.WARN


def test_the_network_that_the_operator_names_is_never_cut_off(place):
    place.interface("bastion")
    outcome, reason = place.verdict(SSH, operator_cidr="203.0.113.0/24")
    assert outcome is Outcome.BLOCK
    assert "203.0.113.0/24 on 22" in reason
    assert place.verdict(operator_cidr="10.4.0.0/16")[0] is Outcome.WARN


def test_session_manager_is_a_way_in(place):
    """moto has no DescribeInstanceInformation: its answer is told here."""
    id = place.instance()["InstanceId"]
    outcome, reason = place.verdict(SSH)
    assert outcome is Outcome.WARN
    assert id in reason

    def managed(status):
        return Answers(
            place.aws,
            DescribeInstanceInformation={
                "InstanceInformationList": [{"InstanceId": id, "PingStatus": status}]
            },
        )

    outcome, reason = place.verdict(cloud=managed("Online"))
    assert outcome is Outcome.PASS
    assert "Session Manager" in reason
    assert place.verdict(cloud=managed("ConnectionLost"))[0] is Outcome.WARN


# The rules themselves --------------------------------------------------------------------------------


def referenced(place, after, *permissions):
    """What is said about a change to other rules than the builder's."""
    rules = {"GroupId": place.group, "IpPermissions": list(permissions)}
    do(place.aws, "ec2", "AuthorizeSecurityGroupIngress", **rules)
    before = setting(INGRESS).read(place.aws, place.target()).value
    return verdict(place.aws, "sg-referenced", place.target(), (INGRESS, after(before)))


def test_only_the_internets_rules_go(place):
    other = do(place.aws, "ec2", "CreateSecurityGroup", GroupName="two", Description="d", VpcId=place.vpc)
    names_it = {**DATABASE, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": place.group}]}
    do(place.aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=other["GroupId"], IpPermissions=[names_it])
    by_group = {**DATABASE, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": other["GroupId"]}]}
    outcome, reason = place.verdict(SSH, by_group, guard="sg-referenced")
    assert outcome is Outcome.PASS
    assert other["GroupId"] in reason


def test_a_rule_that_names_a_group_never_goes(place):
    by_group = {**DATABASE, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": place.group}]}
    outcome, reason = referenced(place, lambda before: {"rules": []}, by_group)
    assert outcome is Outcome.BLOCK
    assert f"tcp 5432-5432 from {place.group}" in reason


def test_a_range_is_split_and_not_thrown_away(place):
    wide = {"IpProtocol": "tcp", "FromPort": 20, "ToPort": 30, **WORLD}
    only = {"rules": [{"protocol": "tcp", "from": 22, "to": 22, "source": "10.0.0.0/8"}]}
    outcome, reason = referenced(place, lambda before: only, wide)
    assert outcome is Outcome.BLOCK
    assert "split" in reason
    assert place.verdict(guard="sg-referenced")[0] is Outcome.PASS


def test_a_rule_for_everything_is_a_warning(place):
    outcome, reason = place.verdict(ALL, guard="sg-referenced")
    assert outcome is Outcome.WARN
    assert "all traffic from 0.0.0.0/0" in reason


@pytest.mark.parametrize("guard", ["sg-referenced", "sg-operator-path"])
def test_what_cannot_be_seen_blocks(guard):
    assert guard in guards()[1]


# Flow logs -------------------------------------------------------------------------------------------


def test_flow_logs_cost_what_there_is_to_log(place, monkeypatch):
    target = resource_type("AWS::EC2::VPC").target(place.vpc, ACCOUNT, REGION)
    assert "empty" in verdict(place.aws, "flow-log-cost", target)[1]
    place.interface("one")
    outcome, reason = verdict(place.aws, "flow-log-cost", target)
    assert outcome is Outcome.PASS
    assert "1 network interfaces" in reason
    monkeypatch.setattr(guards_flow_logs, "FLOWS", 1_000_000)
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


def test_the_price_says_its_basis_and_its_date(place):
    target = resource_type("AWS::EC2::VPC").target(place.vpc, ACCOUNT, REGION)
    place.interface("one")
    reason = verdict(place.aws, "flow-log-cost", target)[1]
    assert "0.50 USD a GB (us-east-1, January 2025)" in reason


def test_traffic_that_was_counted_is_a_better_basis(place):
    target = resource_type("AWS::EC2::VPC").target(place.vpc, ACCOUNT, REGION)
    id = place.instance()["InstanceId"]
    place.interface("Interface for NAT Gateway nat-0123456789abcdef0")
    assert "network interfaces" in verdict(place.aws, "flow-log-cost", target)[1]

    def counted(space, name, dimension, value, amount):
        datum = {
            "MetricName": name,
            "Dimensions": [{"Name": dimension, "Value": value}],
            "Timestamp": (datetime.now(UTC) - timedelta(days=2)).isoformat(),
            "Value": amount,
        }
        do(place.aws, "cloudwatch", "PutMetricData", Namespace=space, MetricData=[datum])

    counted("AWS/EC2", "NetworkOut", "InstanceId", id, 1e9)
    nat = ("AWS/NATGateway", "BytesOutToDestination", "NatGatewayId", "nat-0123456789abcdef0")
    counted(*nat, 2e9)
    outcome, reason = verdict(place.aws, "flow-log-cost", target)
    assert outcome is Outcome.PASS
    assert "the 3.0 GB" in reason
    counted(*nat, 1e14)
    assert verdict(place.aws, "flow-log-cost", target)[0] is Outcome.WARN
