"""Guards of Redshift clusters: which cannot be changed or encrypted now, and which VPC has no route to S3."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, do, verdict
from tests.aws.server import ACCOUNT, REGION

PASS, WARN, BLOCK = Outcome.PASS, Outcome.WARN, Outcome.BLOCK


def found(type: str, name: str) -> Any:
    return resource_type(type).target(name, ACCOUNT, REGION)


WAREHOUSE = found("AWS::Redshift::Cluster", "dw")


@pytest.mark.parametrize(("status", "outcome"), [("available", PASS), ("paused", BLOCK)])
def test_a_warehouse_that_is_paused_takes_no_change(aws, status, outcome):
    cloud = Answers(aws, DescribeClusters={"Clusters": [{"ClusterStatus": status}]})
    change = ("aws.redshift.upgrades", {"AllowVersionUpgrade": True})
    assert verdict(cloud, "database-settled", WAREHOUSE, change)[0] is outcome


@pytest.mark.parametrize(
    ("about", "outcome", "word"),
    [
        ({"NodeType": "ra3.xlplus"}, WARN, "restarts"),
        ({"NodeType": "dc2.large"}, WARN, "read-only"),
        ({"ClusterSnapshotCopyStatus": {"DestinationRegion": "eu-west-1"}}, BLOCK, "eu-west-1"),
        ({"HsmStatus": {"Status": "active"}}, BLOCK, "HSM"),
    ],
)
def test_a_warehouse_that_cannot_be_encrypted_as_it_is_is_left_alone(aws, about, outcome, word):
    cloud = Answers(aws, DescribeClusters={"Clusters": [{"ClusterStatus": "available", **about}]})
    verdict_, reason = verdict(cloud, "cluster-can-encrypt", WAREHOUSE)
    assert verdict_ is outcome
    assert word in reason


def test_a_vpc_without_a_way_to_s3_is_not_routed_through(aws):
    vpc = do(aws, "ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    cloud = Answers(aws, DescribeClusters={"Clusters": [{"VpcId": vpc}]})
    guard = "routes-to-storage"
    outcome, reason = verdict(cloud, guard, WAREHOUSE)
    assert outcome is BLOCK
    assert "routes_checked=true" in reason
    assert verdict(cloud, guard, WAREHOUSE, parameters={"routes_checked": True})[0] is WARN
    subnet = do(aws, "ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    do(aws, "ec2", "CreateNatGateway", SubnetId=subnet, ConnectivityType="private")
    assert verdict(cloud, guard, WAREHOUSE)[0] is WARN
    do(aws, "ec2", "CreateVpcEndpoint", VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3")
    assert verdict(cloud, guard, WAREHOUSE)[0] is PASS
    nowhere = Answers(aws, DescribeClusters={"Clusters": [{"ClusterStatus": "available"}]})
    assert verdict(nowhere, guard, WAREHOUSE)[0] is WARN
