"""Instances, launch templates, images and the switches of a region as Terraform, and what Terraform cannot say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.patches.blocks.snippets import Refused
from hipaa_tui.support.errors import RefusedError
from tests.aws.guards import do
from tests.aws.patches import edit, patched
from tests.aws.server import ACCOUNT


def test_an_argument_of_a_big_block_is_said_as_an_edit() -> None:
    block = edit(
        "aws.ec2.instance-profile", {"Profile": f"arn:aws:iam::{ACCOUNT}:instance-profile/clinic/ward"}
    )
    assert {name: str(text).strip() for name, text in block.attributes} == {"iam_instance_profile": '"ward"'}


@pytest.mark.parametrize(
    ("id", "value", "why"),
    [
        ("aws.ec2.public-addresses", {"Elastic": [], "Automatic": False}, "destroy it"),
        ("aws.ec2.instance-profile", {"Profile": ""}, "by hand"),
    ],
)
def test_what_would_replace_an_instance_is_left_to_a_person(id: str, value: Any, why: str) -> None:
    with pytest.raises(Refused, match=why):
        edit(id, value)


def test_the_regions_switch_is_a_block_of_its_own(aws: Any, repo: Path) -> None:
    text, patch = patched(aws, repo, "aws.ec2.snapshot-block-public-access", ACCOUNT)
    assert patch.left_out == ()
    assert 'resource "aws_ebs_snapshot_block_public_access"' in text
    assert 'state = "block-all-sharing"' in text
    assert 'id = "default"' in text


def test_the_defaults_of_metadata_keep_what_else_was_chosen(aws: Any, repo: Path) -> None:
    """The provider would clear what its block does not say."""
    do(
        aws,
        "ec2",
        "ModifyInstanceMetadataDefaults",
        HttpPutResponseHopLimit=2,
        InstanceMetadataTags="enabled",
    )
    text, patch = patched(aws, repo, "aws.ec2.instance-metadata-defaults", ACCOUNT)
    assert patch.left_out == ()
    assert 'resource "aws_ec2_instance_metadata_defaults"' in text
    for said in (
        'http_tokens = "required"',
        "http_put_response_hop_limit = 2",
        'instance_metadata_tags = "enabled"',
    ):
        assert said in text
    assert "http_endpoint" not in text


def test_a_launch_template_says_tokens_in_its_own_block() -> None:
    value = {
        "HttpTokens": "required",
        "HttpEndpoint": "enabled",
        "HttpPutResponseHopLimit": 2,
        "DefaultVersion": None,
    }
    block = edit("aws.ec2.launch-template-metadata", value)
    assert dict(block.attributes)["update_default_version"].strip() == "true"


def test_the_block_of_public_images_is_made_without_an_import(aws: Any, repo: Path) -> None:
    """The provider cannot import it, and making it writes the same value again."""
    text, patch = patched(aws, repo, "aws.ec2.image-block-public-access", ACCOUNT)
    assert patch.left_out == ()
    assert 'resource "aws_ec2_image_block_public_access"' in text
    assert 'state = "block-new-sharing"' in text
    assert "import" not in text


def test_an_image_that_everybody_may_launch_is_left_to_the_api(aws: Any, repo: Path) -> None:
    image = do(aws, "ec2", "RegisterImage", Name="web")["ImageId"]
    do(aws, "ec2", "ModifyImageAttribute", ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    with pytest.raises(RefusedError, match="no word for an image that everybody may launch"):
        patched(aws, repo, "aws.ec2.public-image", image)
