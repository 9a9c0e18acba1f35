"""The backup policy of a file system as Terraform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hipaa_tui.providers.registry import resource_type
from tests.aws.backup import estate as backup
from tests.aws.patches import blocks_of, patch_of, planned
from tests.aws.server import ACCOUNT, REGION


def test_a_backup_policy_that_is_there_is_imported(aws: Any, repo: Path) -> None:
    backup.build(aws)
    (files, _) = resource_type("AWS::EFS::FileSystem").list(aws, ACCOUNT, REGION, "aws")
    patch = patch_of(aws, repo, planned(aws, ("aws.efs.backup", files)))
    assert 'status = "ENABLED"' in next(
        text for name, text in blocks_of(repo, patch).items() if "efs_backup" in name
    )
    assert patch.diff.count("import {") == 1
