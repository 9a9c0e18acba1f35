"""The policy of a vault is edited in the vault's own block."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.aws.glacier import estate as archives
from tests.aws.patches import patched
from tests.aws.server import ACCOUNT, REGION
from tests.patches.patch_clouds import git


def test_a_vaults_policy_is_edited_in_the_vaults_block(aws: Any, repo: Path) -> None:
    archives.build(aws)
    wide = json.dumps({"Version": "2012-10-17", "Statement": [archives.lets("films", "*")]})
    block = f'resource "aws_glacier_vault" "theirs" {{\n  name          = "films"\n  access_policy = {json.dumps(wide)}\n}}\n'
    (repo / "vaults.tf").write_text(block)
    git(repo, "add", "vaults.tf")
    git(repo, "commit", "-q", "-m", "vaults")
    text, patch = patched(
        aws, repo, "aws.glacier.vault-policy", f"arn:aws:glacier:{REGION}:{ACCOUNT}:vaults/films"
    )
    assert patch.left_out == ()
    assert text.count('resource "aws_glacier_vault"') == 1
    assert f"arn:aws:iam::{ACCOUNT}:root" in text
    assert '"*"' not in text
