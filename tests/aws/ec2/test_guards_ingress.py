"""The guard of a narrowed security group: which sessions and visitors it cuts off, the operator's own included."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from tests.aws.guards import Answers, do, verdict
from tests.aws.network import ALL, DATABASE, SSH, WEB, Place


@pytest.fixture
def place(aws, monkeypatch):
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    return Place(aws)


def test_a_group_that_nothing_uses_is_free_to_change(place):
    outcome, reason = place.verdict(SSH)
    assert outcome is Outcome.PASS
    assert "no network interface uses" in reason


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


@pytest.mark.parametrize("guard", ["sg-operator-path"])
def test_what_cannot_be_seen_blocks(guard):
    assert guard in guards()[1]
