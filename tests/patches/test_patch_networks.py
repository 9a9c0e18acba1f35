"""Networks, notifications and trails as Terraform: whole ACLs, one argument of a subnet, and what it cannot say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.patches.blocks.snippets import Refused, Snippets
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language import schema
from hipaa_tui.patches.language.syntax import Declared, parse
from hipaa_tui.patches.model import Patch
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.support.errors import RefusedError
from hipaa_tui.support.package_data import content_folder
from tests.aws.cloudtrail import estate_no_trail as no_trail
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION
from tests.aws.vpc.estate_networks import alarm, build
from tests.patches.patch_clouds import commit, git


def patched(aws: AwsCloud, repo: Path, *wanted: tuple[str, str]) -> tuple[Patch, list[Declared], str]:
    """(the patch of playbooks on resources, its blocks, its text)."""
    wishes = []
    for id, resource in wanted:
        playbook = load().get(id)
        target = resource_types()[playbook.resource].target(resource, ACCOUNT, REGION)
        assert target is not None
        wishes.append(Wish(playbook, target, ()))
    patch = make_patch(make_plan(wishes, {"aws": aws}, {}), repo, "hipaa/fix", {"aws": aws})
    text = "".join(git(repo, "show", f"hipaa/fix:{path}") + "\n" for path in patch.files)
    return patch, list(parse(text).blocks), text


def acl_of(aws: AwsCloud, cidr: str) -> str:
    """The default ACL of the VPC with this network."""
    vpcs = do(aws, "ec2", "DescribeVpcs")["Vpcs"]
    (vpc,) = [one["VpcId"] for one in vpcs if one["CidrBlock"] == cidr]
    found = do(aws, "ec2", "DescribeNetworkAcls", Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return str(next(one["NetworkAclId"] for one in found["NetworkAcls"] if one["IsDefault"]))


def test_an_acl_is_taken_over_whole_with_its_subnets_and_its_way_out(aws: AwsCloud, repo: Path) -> None:
    build(aws)
    acl = acl_of(aws, "10.7.0.0/16")
    patch, blocks, text = patched(aws, repo, ("aws.ec2.network-acl-open", acl))
    assert patch.left_out == ()
    (block,) = [one for one in blocks if one.type == "resource"]
    assert block.labels[0] == "aws_default_network_acl"
    assert {len(list(block.inner(way))) > 0 for way in ("ingress", "egress")} == {True}
    assert 'cidr_block = "10.0.0.0/8"' in " ".join(text.split())
    assert text.count("subnet-") == 2
    (imported,) = [one for one in blocks if one.type == "import"]
    assert imported.value("id") == acl


def test_a_bucket_that_tells_eventbridge_is_one_small_block(aws: AwsCloud, repo: Path) -> None:
    build(aws)
    patch, blocks, _ = patched(aws, repo, ("aws.s3.event-notifications", "arn:aws:s3:::records-silent"))
    assert patch.left_out == ()
    (block,) = [one for one in blocks if one.type == "resource"]
    assert (block.labels[0], block.value("eventbridge")) == ("aws_s3_bucket_notification", True)


def test_a_subnet_is_one_argument_of_its_own_block(aws: AwsCloud, repo: Path) -> None:
    build(aws)
    subnets = do(aws, "ec2", "DescribeSubnets")["Subnets"]
    (open_,) = [one["SubnetId"] for one in subnets if one["MapPublicIpOnLaunch"]]
    snippets = Snippets(content_folder("snippets") / "terraform")
    made = snippets.fill(
        "aws.ec2.subnet-public-addresses",
        {"value": {"MapPublicIpOnLaunch": False}},
        {},
        lambda text: None,
        folder="edits",
    )
    (block,) = made.blocks
    assert [one for one in schema.problems(block.to_write()) if " lacks " not in one] == []
    assert (block.labels[0], block.value("map_public_ip_on_launch")) == ("aws_subnet", False)
    # Without its block in the repository it is said what to set, and nothing is made a second time.
    with pytest.raises(RefusedError, match="map_public_ip_on_launch = false"):
        patched(aws, repo, ("aws.ec2.subnet-public-addresses", open_))


def test_an_alarm_of_the_repository_gets_its_actions(aws: AwsCloud, repo: Path) -> None:
    alarm(lambda service, operation, **more: do(aws, service, operation, **more), "silent")
    commit(
        repo,
        main_tf='resource "aws_cloudwatch_metric_alarm" "it" {\n  alarm_name = "silent"\n  threshold  = 0\n}\n',
    )
    patch, blocks, text = patched(aws, repo, ("aws.cloudwatch.alarm-actions", "silent"))
    assert patch.left_out == ()
    (own,) = [one for one in blocks if one.labels and one.labels[0] == "aws_cloudwatch_metric_alarm"]
    assert own.labels[1] == "it"
    assert f'alarm_actions = ["arn:aws:sns:{REGION}:{ACCOUNT}:hipaa-tui-alarms"]' in " ".join(text.split())
    kinds = {one.labels[0] for one in blocks if one.type == "resource"}
    assert {"aws_sns_topic", "aws_kms_key", "aws_kms_alias"} <= kinds


def test_a_new_trail_comes_with_its_bucket_and_waits_for_the_policy(aws: AwsCloud, repo: Path) -> None:
    no_trail.build(aws)
    patch, blocks, text = patched(aws, repo, ("aws.cloudtrail.enabled", ACCOUNT))
    assert patch.left_out == ()
    (trail,) = [one for one in blocks if one.labels and one.labels[0] == "aws_cloudtrail"]
    assert trail.value("is_multi_region_trail") is True
    assert "depends_on" in text
    assert "aws_s3_bucket_policy" in {one.labels[0] for one in blocks if one.type == "resource"}


def test_a_trail_that_is_there_is_not_made_again() -> None:
    snippets = Snippets(content_folder("snippets") / "terraform")
    trail: dict[str, Any] = {"Name": "main", "Bucket": "b", "Arn": "arn"}
    variables = {"value": {"Trail": trail}, "before": {"Trail": trail}, "applied": False}
    functions = {
        "ref": lambda *_: '"b"',
        "follows": lambda *_: "[]",
        "address": lambda *_: None,
    }
    with pytest.raises(Refused, match="enable_logging"):
        snippets.fill("aws.cloudtrail.account-trail", variables, functions, lambda text: None)
