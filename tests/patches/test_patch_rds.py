"""Databases and warehouses as Terraform: arguments of their own blocks, and the blocks that a fix adds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.patches.blocks.snippets import Refused, Snippets
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language import schema
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.package_data import content_folder
from tests.aws.rds import estate as rds
from tests.aws.redshift import estate as redshift
from tests.aws.server import ACCOUNT, REGION
from tests.patches.patch_clouds import git

CATALOGUE = load()
ROLE = f"arn:aws:iam::{ACCOUNT}:role/hipaa-tui-rds-monitoring"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
PLAIN = {"Engine": "postgres"}
EDITS: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "rds.instance-public-access",
        {"PubliclyAccessible": False, **PLAIN},
        "aws_db_instance",
        "publicly_accessible",
    ),
    (
        "rds.instance-public-access",
        {"PubliclyAccessible": False, "Engine": "aurora-mysql"},
        "aws_rds_cluster_instance",
        "publicly_accessible",
    ),
    (
        "rds.instance-deletion-protection",
        {"DeletionProtection": True, "Engine": "aurora-mysql", "Cluster": "clinics"},
        "aws_rds_cluster",
        "deletion_protection",
    ),
    (
        "rds.instance-multi-az",
        {"MultiAZ": True, **PLAIN, "ApplyImmediately": True},
        "aws_db_instance",
        "apply_immediately",
    ),
    (
        "rds.instance-minor-upgrades",
        {"AutoMinorVersionUpgrade": True, **PLAIN},
        "aws_db_instance",
        "auto_minor_version_upgrade",
    ),
    (
        "rds.instance-tag-copies",
        {"CopyTagsToSnapshot": True, **PLAIN},
        "aws_db_instance",
        "copy_tags_to_snapshot",
    ),
    (
        "rds.instance-iam-login",
        {"IAMDatabaseAuthenticationEnabled": True, **PLAIN},
        "aws_db_instance",
        "iam_database_authentication_enabled",
    ),
    (
        "rds.instance-backup-retention",
        {"BackupRetentionPeriod": 7, **PLAIN, "ApplyImmediately": False},
        "aws_db_instance",
        "backup_retention_period",
    ),
    (
        "rds.instance-logs",
        {"Types": ["postgresql"], **PLAIN},
        "aws_db_instance",
        "enabled_cloudwatch_logs_exports",
    ),
    (
        "rds.instance-monitoring",
        {"MonitoringInterval": 60, "MonitoringRoleArn": ROLE, **PLAIN},
        "aws_db_instance",
        "monitoring_role_arn",
    ),
    (
        "rds.cluster-deletion-protection",
        {"DeletionProtection": True},
        "aws_rds_cluster",
        "deletion_protection",
    ),
    ("rds.cluster-tag-copies", {"CopyTagsToSnapshot": True}, "aws_rds_cluster", "copy_tags_to_snapshot"),
    (
        "rds.instance-transport",
        {"Group": "hipaa-tui-tls-phi-db", "Parameter": "rds.force_ssl"},
        "aws_db_instance",
        "parameter_group_name",
    ),
    (
        "rds.cluster-transport",
        {"Group": "hipaa-tui-tls-clinics", "Parameter": "rds.force_ssl", "On": "1"},
        "aws_rds_cluster",
        "db_cluster_parameter_group_name",
    ),
    (
        "redshift.public-access",
        {"PubliclyAccessible": False},
        "aws_redshift_cluster",
        "publicly_accessible",
    ),
    (
        "redshift.snapshot-retention",
        {"AutomatedSnapshotRetentionPeriod": 7},
        "aws_redshift_cluster",
        "automated_snapshot_retention_period",
    ),
    ("redshift.upgrades", {"AllowVersionUpgrade": True}, "aws_redshift_cluster", "allow_version_upgrade"),
    ("redshift.vpc-routing", {"EnhancedVpcRouting": True}, "aws_redshift_cluster", "enhanced_vpc_routing"),
    ("redshift.encryption", {"Encrypted": True, "KmsKeyId": KEY}, "aws_redshift_cluster", "kms_key_id"),
    (
        "redshift.transport",
        {"Group": "hipaa-tui-tls-dw"},
        "aws_redshift_cluster",
        "cluster_parameter_group_name",
    ),
]


def part(id: str, value: dict[str, Any]) -> Any:
    snippets = Snippets(content_folder("snippets") / "terraform")
    ref = {"ref": lambda type, name, attribute="id", literal=None: f'"{name}"'}
    (block,) = snippets.fill(id, {"value": value}, ref, lambda text: None, folder="edits").blocks
    return block


@pytest.mark.parametrize(("id", "value", "type", "argument"), EDITS)
def test_an_argument_of_a_databases_block_is_said_as_an_edit(id, value, type, argument):
    """A member of a cluster is another block than an instance by itself."""
    block = part(f"aws.{id}", value)
    assert block.labels == (type, "edit")
    written = block.to_write()
    assert [one for one in schema.problems(written) if " lacks " not in one] == []
    assert argument in {name for name, _ in written.attributes}


@pytest.mark.parametrize(
    "id", ["aws.rds.instance-transport", "aws.rds.cluster-transport", "aws.redshift.transport"]
)
def test_a_parameter_group_of_yours_is_pointed_at(id):
    with pytest.raises(Refused, match="clinic"):
        part(id, {"Group": "clinic", "Parameter": "rds.force_ssl", "On": "1"})


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


def patched(aws: Any, repo: Path, *wishes: tuple[str, Target]) -> tuple[Any, str]:
    """(the patch, all that it writes on one line)."""
    plan = make_plan([Wish(CATALOGUE.get(id), target, ()) for id, target in wishes], {"aws": aws}, {})
    assert (plan.skipped, plan.blocked) == ((), ())
    patch = make_patch(plan, repo, "hipaa/fix", {"aws": aws})
    return patch, " ".join(" ".join(git(repo, "show", f"hipaa/fix:{path}") for path in patch.files).split())


def test_a_group_for_tls_and_a_role_for_monitoring_are_blocks_of_their_own(aws: Any, repo: Path) -> None:
    rds.build(aws)
    database = found("AWS::RDS::DBInstance", "phi-db")
    patch, text = patched(
        aws, repo, ("aws.rds.tls-only", database), ("aws.rds.enhanced-monitoring", database)
    )
    assert 'resource "aws_db_parameter_group" "hipaa_tui_tls_phi_db" {' in text
    assert 'parameter { name = "rds.force_ssl" value = "1" apply_method = "pending-reboot" }' in text
    assert 'resource "aws_iam_role" "hipaa_tui_rds_monitoring" {' in text
    # The database has no block here: what belongs into it is said to the person.
    said = " ".join(map(str, patch.left_out))
    assert "parameter_group_name" in said
    assert "monitoring_interval" in said


def test_audit_logs_come_after_the_policy_that_lets_them_in(aws: Any, repo: Path) -> None:
    redshift.build(aws)
    warehouse = found("AWS::Redshift::Cluster", "dw")
    _, text = patched(
        aws, repo, ("aws.redshift.audit-logging", warehouse), ("aws.redshift.tls-only", warehouse)
    )
    start = text.index('resource "aws_redshift_logging" "dw" {')
    block = text[start : text.index(" }", start)]
    assert 'cluster_identifier = "dw"' in block
    assert 's3_key_prefix = "redshift/dw"' in block
    assert "depends_on = [aws_s3_bucket_policy." in block
    assert 'parameter { name = "require_ssl" value = "true" }' in text
