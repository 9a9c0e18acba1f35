"""The guard of a VPC's flow logs: what they cost, and which are there already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.aws.vpc import guards_flow_logs
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import do, verdict
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION


@pytest.fixture
def place(aws, monkeypatch):
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    return Place(aws)


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
    assert "0.50 USD per GB (us-east-1, January 2025)" in reason


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
