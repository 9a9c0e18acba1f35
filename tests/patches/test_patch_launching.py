"""What the launching of instances says, the bucket of a trail, and a vault, as Terraform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hipaa_tui.patches.blocks.snippets import Snippets
from hipaa_tui.patches.language import schema
from hipaa_tui.support.package_data import content_folder
from tests.aws.cloudtrail import estate as trails
from tests.aws.glacier import estate as archives
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION
from tests.patches.patch_clouds import git
from tests.patches.test_patch_shared import patched


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


def test_the_bucket_of_a_trail_is_closed_where_it_stands(aws: Any, repo: Path) -> None:
    """The blocks are the bucket's, whatever the finding names."""
    trails.build(aws)
    (repo / "logs.tf").write_text('resource "aws_s3_bucket" "theirs" {\n  bucket = "half-logs"\n}\n')
    git(repo, "add", "logs.tf")
    git(repo, "commit", "-q", "-m", "logs")
    arn = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/half"
    text, left_out = patched(aws, repo, "aws.cloudtrail.bucket-public", arn)
    assert left_out == ()
    for kind in ("aws_s3_bucket_public_access_block", "aws_s3_bucket_acl"):
        assert f'resource "{kind}"' in text
    assert text.count("bucket = aws_s3_bucket.theirs") == 2
    assert text.count('id = "half-logs"') == 2
    assert "AllUsers" not in text


def test_a_launch_template_says_tokens_in_its_own_block() -> None:
    snippets = Snippets(content_folder("snippets") / "terraform")
    value = {
        "HttpTokens": "required",
        "HttpEndpoint": "enabled",
        "HttpPutResponseHopLimit": 2,
        "DefaultVersion": None,
    }
    (block,) = snippets.fill(
        "aws.ec2.launch-template-metadata", {"value": value}, {}, lambda text: None, folder="edits"
    ).blocks
    written = block.to_write()
    assert [one for one in schema.problems(written) if " lacks " not in one] == []
    assert dict(written.attributes)["update_default_version"].strip() == "true"


def test_a_vaults_policy_is_edited_in_the_vaults_block(aws: Any, repo: Path) -> None:
    archives.build(aws)
    wide = json.dumps({"Version": "2012-10-17", "Statement": [archives.lets("films", "*")]})
    block = f'resource "aws_glacier_vault" "theirs" {{\n  name          = "films"\n  access_policy = {json.dumps(wide)}\n}}\n'
    (repo / "vaults.tf").write_text(block)
    git(repo, "add", "vaults.tf")
    git(repo, "commit", "-q", "-m", "vaults")
    text, left_out = patched(
        aws, repo, "aws.glacier.vault-policy", f"arn:aws:glacier:{REGION}:{ACCOUNT}:vaults/films"
    )
    assert left_out == ()
    assert text.count('resource "aws_glacier_vault"') == 1
    assert f"arn:aws:iam::{ACCOUNT}:root" in text
    assert '"*"' not in text
