"""The ids by which scanners report vaults, plans, selections and what a plan takes."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.registry import resource_type
from tests.aws.server import ACCOUNT, REGION

HERE = f"{REGION}:{ACCOUNT}"


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        ("AWS::FSx::FileSystem", f"arn:aws:fsx:{HERE}:file-system/fs-0123abcd", "fs-0123abcd"),
        ("AWS::Backup::BackupVault", f"arn:aws:backup:{HERE}:backup-vault:clinic", "clinic"),
        ("AWS::Backup::BackupVault", f"arn:aws:backup:{HERE}:recovery-point:1", None),
        ("AWS::Backup::BackupPlan", f"arn:aws:backup:{HERE}:backup-plan", "hipaa-tui-phi"),
        ("AWS::Backup::BackupPlan", f"arn:aws:backup:{HERE}:backup-plan:1-2", "1-2"),
        ("AWS::Backup::BackupSelection", "hipaa-tui-phi/by-tag", "hipaa-tui-phi/by-tag"),
    ],
)
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name
