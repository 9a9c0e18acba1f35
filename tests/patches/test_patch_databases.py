"""Databases, backups and buckets' lists as Terraform: blocks of their own, and arguments of bigger ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.patches.blocks.snippets import Snippets
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language import schema
from hipaa_tui.patches.language.syntax import parse
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Cloud, Target
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.package_data import content_folder
from tests.aws.backup import estate as backup
from tests.aws.dynamodb import estate_databases as databases
from tests.aws.s3 import estate_public as s3_rest
from tests.aws.server import ACCOUNT, REGION
from tests.patches.patch_clouds import git

CATALOGUE = load()
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/hipaa-tui/opensearch/x"
EDITS = {
    "aws.dynamodb.point-in-time-recovery": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
    "aws.dynamodb.encryption": {"KMSMasterKeyArn": KEY},
    "aws.dynamodb.deletion-protection": {"DeletionProtectionEnabled": True},
    "aws.elasticache.snapshot-retention": {"SnapshotRetentionLimit": 15},
    "aws.opensearch.encryption": {"AtRest": True, "NodeToNode": True, "KmsKeyId": KEY},
    "aws.opensearch.endpoint": {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"},
    "aws.opensearch.logs": {
        "INDEX_SLOW_LOGS": {"CloudWatchLogsLogGroupArn": GROUP, "Enabled": True},
        "AUDIT_LOGS": {"CloudWatchLogsLogGroupArn": "", "Enabled": False},
    },
    **{
        f"aws.backup.{kind}-in-plan": {"Tags": {"hipaa:phi": "true", "team": "a"}, "Plans": []}
        for kind in ("table", "file-system", "volume", "instance", "database", "cluster")
    },
}


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


def written(aws: Cloud, repo: Path, *wishes: tuple[str, Target], **given: str) -> tuple[dict[str, str], str]:
    """(each block of the patch by its address, as text on one line; the whole commit's diff)."""
    wanted = [Wish(CATALOGUE.get(playbook), target, ()) for playbook, target in wishes]
    plan = make_plan(wanted, {"aws": aws}, given)
    assert plan.skipped == ()
    assert plan.blocked == ()
    patch = make_patch(plan, repo, "hipaa/fix", {"aws": aws})
    assert patch.left_out == ()
    blocks = {}
    for path in patch.files:
        whole = git(repo, "show", f"hipaa/fix:{path}") + "\n"
        for block in parse(whole).blocks:
            if block.type == "resource":
                start = whole.index(f'resource "{block.labels[0]}" "{block.labels[1]}"')
                text = " ".join(whole[start : whole.index("\n}\n", start)].split())
                blocks[".".join(block.labels)] = text
    return blocks, patch.diff


def test_a_plan_is_said_with_its_vaults_and_its_copies(aws: Cloud, repo: Path) -> None:
    (ours,) = resource_type("AWS::Backup::BackupPlan").list(aws, ACCOUNT, REGION, "aws")
    blocks, diff = written(aws, repo, ("aws.backup.plan", ours), retention_days="2190")
    assert "delete_after = 2190" in blocks["aws_backup_plan.hipaa_tui_phi"]
    assert (
        "target_vault_name = aws_backup_vault.hipaa_tui_phi.name" in blocks["aws_backup_plan.hipaa_tui_phi"]
    )
    assert "kms_key_arn = aws_kms_key.hipaa_tui_phi.arn" in blocks["aws_backup_vault.hipaa_tui_phi"]
    (selection,) = (text for address, text in blocks.items() if address.startswith("aws_backup_selection"))
    assert "plan_id = aws_backup_plan.hipaa_tui_phi.id" in selection
    assert "iam_role_arn = aws_iam_role.hipaa_tui_backup.arn" in selection
    assert 'key = "hipaa:phi"' in selection
    assert "import {" not in diff


def test_what_is_there_of_a_vault_is_imported_and_said_whole(aws: Any, repo: Path) -> None:
    backup.build(aws)
    clinic = found("AWS::Backup::BackupVault", "clinic")
    short = next(
        one
        for one in resource_type("AWS::Backup::BackupPlan").list(aws, ACCOUNT, REGION, "aws")
        if one.name == "short"
    )
    (files, _) = resource_type("AWS::EFS::FileSystem").list(aws, ACCOUNT, REGION, "aws")
    both = ("aws.backup.vault-deletion", clinic), ("aws.backup.vault-lock", clinic)
    blocks, diff = written(aws, repo, *both, ("aws.backup.plan-retention", short), ("aws.efs.backup", files))
    assert "backup:StartRestoreJob" in blocks["aws_backup_vault_policy.clinic"]
    assert "backup:DeleteRecoveryPoint" in blocks["aws_backup_vault_policy.clinic"]
    assert "min_retention_days = 35" in blocks["aws_backup_vault_lock_configuration.clinic"]
    assert "changeable_for_days" not in diff
    assert "delete_after = 35" in blocks["aws_backup_plan.short"]
    assert 'rule_name = "weekly"' in blocks["aws_backup_plan.short"].replace("  ", " ")
    assert 'status = "ENABLED"' in next(text for name, text in blocks.items() if "efs_backup" in name)
    # The lock is new and the rest is there.
    assert diff.count("import {") == 3


def test_lists_that_no_longer_count_are_said_after_they_are_closed(aws: Any, repo: Path) -> None:
    s3_rest.build(aws)
    portal = found("AWS::S3::Bucket", "portal-assets")
    blocks, _ = written(aws, repo, ("aws.s3.acl-prohibited", portal))
    owner = blocks["aws_s3_bucket_ownership_controls.portal_assets"]
    assert 'object_ownership = "BucketOwnerEnforced"' in owner
    assert "depends_on = [aws_s3_bucket_acl.portal_assets]" in owner
    assert "AllUsers" not in blocks["aws_s3_bucket_acl.portal_assets"]


def test_scaling_rules_and_log_writers_are_blocks_of_their_own(aws: Any, repo: Path) -> None:
    databases.build(aws)
    table = found("AWS::DynamoDB::Table", "patients")
    blocks, _ = written(aws, repo, ("aws.dynamodb.autoscaling", table))
    rule = blocks["aws_appautoscaling_target.patients_read"]
    assert "min_capacity = 5" in rule
    assert "max_capacity = 50" in rule
    policy = blocks["aws_appautoscaling_policy.patients_read"]
    assert "resource_id = aws_appautoscaling_target.patients_read.resource_id" in policy.replace("  ", " ")


@pytest.mark.parametrize("id", EDITS)
def test_an_argument_of_a_big_block_is_said_as_an_edit(id: str) -> None:
    """Only what is to be set stands there, and all of it is in the provider's schema."""
    snippets = Snippets(content_folder("snippets") / "terraform")
    rendered = snippets.fill(id, {"value": EDITS[id]}, {}, lambda text: None, folder="edits")
    (block,) = rendered.blocks
    assert block.labels == (setting(id).terraform[0], "edit")
    wrong = [one for one in schema.problems(block.to_write()) if " lacks " not in one]
    assert wrong == []
    assert rendered.imports == {}
