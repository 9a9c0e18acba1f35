"""Instances, groups and the region's switch as Terraform: arguments of their own blocks, and what a person has to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.patches.blocks.snippets import Refused, Snippets
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language import schema
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.package_data import content_folder
from tests.aws.server import ACCOUNT, REGION
from tests.patches.patch_clouds import git

WARD = f"arn:aws:iam::{ACCOUNT}:instance-profile/clinic/ward"


def filled(id: str, value: Any) -> Any:
    snippets = Snippets(content_folder("snippets") / "terraform")
    functions = {"ref": lambda type, name, attribute="id": f'"{name}"'}
    return snippets.fill(id, {"value": value}, functions, lambda text: None, folder="edits")


@pytest.mark.parametrize(
    ("id", "value", "says"),
    [
        ("aws.ec2.instance-profile", {"Profile": WARD}, {"iam_instance_profile": '"ward"'}),
        (
            "aws.autoscaling.health-check",
            {"Types": ["EBS", "EC2", "ELB"], "GracePeriod": 300},
            {"health_check_type": '"EBS,ELB"', "health_check_grace_period": "300"},
        ),
        (
            "aws.autoscaling.health-check",
            {"Types": ["EC2"], "GracePeriod": 0},
            {"health_check_type": '"EC2"', "health_check_grace_period": "0"},
        ),
    ],
)
def test_an_argument_of_a_big_block_is_said_as_an_edit(id: str, value: Any, says: dict[str, str]) -> None:
    (block,) = filled(id, value).blocks
    assert block.labels == (setting(id).terraform[0], "edit")
    written = block.to_write()
    assert [one for one in schema.problems(written) if " lacks " not in one] == []
    assert {name: str(text).strip() for name, text in written.attributes} == says


@pytest.mark.parametrize(
    ("id", "value", "why"),
    [
        ("aws.ec2.public-addresses", {"Elastic": [], "Automatic": False}, "destroy it"),
        ("aws.ec2.instance-profile", {"Profile": ""}, "by hand"),
    ],
)
def test_what_would_replace_an_instance_is_left_to_a_person(id: str, value: Any, why: str) -> None:
    with pytest.raises(Refused, match=why):
        filled(id, value)


def test_the_regions_switch_is_a_block_of_its_own(aws: Any, repo: Path) -> None:
    playbook = load().get("aws.ec2.snapshot-block-public-access")
    target = resource_type(playbook.resource).target(ACCOUNT, ACCOUNT, REGION)
    assert target is not None
    plan = make_plan([Wish(playbook, target, ())], {"aws": aws}, {})
    patch = make_patch(plan, repo, "hipaa/fix", {"aws": aws})
    assert patch.left_out == ()
    text = " ".join(" ".join(git(repo, "show", f"hipaa/fix:{path}") for path in patch.files).split())
    assert 'resource "aws_ebs_snapshot_block_public_access"' in text
    assert 'state = "block-all-sharing"' in text
    assert 'id = "default"' in text
