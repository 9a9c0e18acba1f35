"""Plans and vaults of AWS Backup as Terraform, and the tag that a plan goes by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.providers.model import Cloud
from hipaa_tui.providers.registry import resource_type
from tests.aws.backup import estate as backup
from tests.aws.patches import blocks_of, edit, found, patch_of, planned
from tests.aws.server import ACCOUNT, REGION


def test_a_plan_is_said_with_its_vaults_and_its_copies(aws: Cloud, repo: Path) -> None:
    (ours,) = resource_type("AWS::Backup::BackupPlan").list(aws, ACCOUNT, REGION, "aws")
    patch = patch_of(aws, repo, planned(aws, ("aws.backup.plan", ours), retention_days="2190"))
    blocks = blocks_of(repo, patch)
    assert "delete_after = 2190" in blocks["aws_backup_plan.hipaa_tui_phi"]
    assert (
        "target_vault_name = aws_backup_vault.hipaa_tui_phi.name" in blocks["aws_backup_plan.hipaa_tui_phi"]
    )
    assert "kms_key_arn = aws_kms_key.hipaa_tui_phi.arn" in blocks["aws_backup_vault.hipaa_tui_phi"]
    (selection,) = (text for address, text in blocks.items() if address.startswith("aws_backup_selection"))
    assert "plan_id = aws_backup_plan.hipaa_tui_phi.id" in selection
    assert "iam_role_arn = aws_iam_role.hipaa_tui_backup.arn" in selection
    assert 'key = "hipaa:phi"' in selection
    assert "import {" not in patch.diff


def test_what_is_there_of_a_vault_is_imported_and_said_whole(aws: Any, repo: Path) -> None:
    backup.build(aws)
    clinic = found("AWS::Backup::BackupVault", "clinic")
    short = next(
        one
        for one in resource_type("AWS::Backup::BackupPlan").list(aws, ACCOUNT, REGION, "aws")
        if one.name == "short"
    )
    both = ("aws.backup.vault-deletion", clinic), ("aws.backup.vault-lock", clinic)
    patch = patch_of(aws, repo, planned(aws, *both, ("aws.backup.plan-retention", short)))
    blocks = blocks_of(repo, patch)
    assert "backup:StartRestoreJob" in blocks["aws_backup_vault_policy.clinic"]
    assert "backup:DeleteRecoveryPoint" in blocks["aws_backup_vault_policy.clinic"]
    assert "min_retention_days = 35" in blocks["aws_backup_vault_lock_configuration.clinic"]
    assert "changeable_for_days" not in patch.diff
    assert "delete_after = 35" in blocks["aws_backup_plan.short"]
    assert 'rule_name = "weekly"' in blocks["aws_backup_plan.short"].replace("  ", " ")
    # The lock is new and the rest is there.
    assert patch.diff.count("import {") == 2


@pytest.mark.parametrize("kind", ["table", "file-system", "volume", "instance", "database", "cluster"])
def test_an_argument_of_a_big_block_is_said_as_an_edit(kind: str) -> None:
    edit(f"aws.backup.{kind}-in-plan", {"Tags": {"hipaa:phi": "true", "team": "a"}, "Plans": []})
