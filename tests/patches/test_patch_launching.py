"""What the launching of instances says, as Terraform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_guards import do
from aws_server import ACCOUNT
from test_patch_shared import patched


def test_the_defaults_of_metadata_keep_what_else_was_chosen(aws: Any, repo: Path) -> None:
    """The provider would clear what its block does not say."""
    do(
        aws,
        "ec2",
        "ModifyInstanceMetadataDefaults",
        HttpPutResponseHopLimit=2,
        InstanceMetadataTags="enabled",
    )
    text, left_out = patched(aws, repo, "aws.ec2.instance-metadata-defaults", ACCOUNT)
    assert left_out == ()
    assert 'resource "aws_ec2_instance_metadata_defaults"' in text
    for said in (
        'http_tokens = "required"',
        "http_put_response_hop_limit = 2",
        'instance_metadata_tags = "enabled"',
    ):
        assert said in text
    assert "http_endpoint" not in text
