"""Network ACLs and subnets as Terraform: an ACL whole, and one argument of a subnet."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.support.errors import RefusedError
from tests.aws.guards import do
from tests.aws.patches import declared, edit, patched
from tests.aws.vpc.estate import build


def acl_of(aws: AwsCloud, cidr: str) -> str:
    """The default ACL of the VPC with this network."""
    vpcs = do(aws, "ec2", "DescribeVpcs")["Vpcs"]
    (vpc,) = [one["VpcId"] for one in vpcs if one["CidrBlock"] == cidr]
    found = do(aws, "ec2", "DescribeNetworkAcls", Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return str(next(one["NetworkAclId"] for one in found["NetworkAcls"] if one["IsDefault"]))


def test_an_acl_is_taken_over_whole_with_its_subnets_and_its_way_out(aws: AwsCloud, repo: Path) -> None:
    build(aws)
    acl = acl_of(aws, "10.7.0.0/16")
    text, patch = patched(aws, repo, "aws.ec2.network-acl-open", acl)
    blocks = declared(repo, patch)
    assert patch.left_out == ()
    (block,) = [one for one in blocks if one.type == "resource"]
    assert block.labels[0] == "aws_default_network_acl"
    assert {len(list(block.inner(way))) > 0 for way in ("ingress", "egress")} == {True}
    assert 'cidr_block = "10.0.0.0/8"' in " ".join(text.split())
    assert text.count("subnet-") == 2
    (imported,) = [one for one in blocks if one.type == "import"]
    assert imported.value("id") == acl


def test_a_subnet_is_one_argument_of_its_own_block(aws: AwsCloud, repo: Path) -> None:
    build(aws)
    subnets = do(aws, "ec2", "DescribeSubnets")["Subnets"]
    (open_,) = [one["SubnetId"] for one in subnets if one["MapPublicIpOnLaunch"]]
    block = edit("aws.ec2.subnet-public-addresses", {"MapPublicIpOnLaunch": False})
    assert block.labels[0] == "aws_subnet"
    assert dict(block.attributes)["map_public_ip_on_launch"].strip() == "false"
    # Without its block in the repository it is said what to set, and nothing is made a second time.
    with pytest.raises(RefusedError, match="map_public_ip_on_launch = false"):
        patched(aws, repo, "aws.ec2.subnet-public-addresses", open_)
