"""Databases as Terraform: arguments of their own blocks, and the blocks that a fix adds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.patches.blocks.snippets import Refused
from tests.aws.patches import edit, found, one_line, patch_of, planned
from tests.aws.rds import estate as rds
from tests.aws.server import ACCOUNT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/hipaa-tui-rds-monitoring"
PLAIN = {"Engine": "postgres"}


@pytest.mark.parametrize(
    ("id", "value", "type", "argument"),
    [
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
    ],
)
def test_an_argument_of_a_databases_block_is_said_as_an_edit(id, value, type, argument):
    """A member of a cluster is another block than an instance by itself."""
    block = edit(f"aws.{id}", value, type=type)
    assert argument in {name for name, _ in block.attributes}


@pytest.mark.parametrize("id", ["aws.rds.instance-transport", "aws.rds.cluster-transport"])
def test_a_parameter_group_of_yours_is_pointed_at(id):
    with pytest.raises(Refused, match="clinic"):
        edit(id, {"Group": "clinic", "Parameter": "rds.force_ssl", "On": "1"})


def test_a_group_for_tls_and_a_role_for_monitoring_are_blocks_of_their_own(aws: Any, repo: Path) -> None:
    rds.build(aws)
    database = found("AWS::RDS::DBInstance", "phi-db")
    plan = planned(aws, ("aws.rds.tls-only", database), ("aws.rds.enhanced-monitoring", database))
    patch = patch_of(aws, repo, plan)
    text = one_line(repo, patch)
    assert 'resource "aws_db_parameter_group" "hipaa_tui_tls_phi_db" {' in text
    assert 'parameter { name = "rds.force_ssl" value = "1" apply_method = "pending-reboot" }' in text
    assert 'resource "aws_iam_role" "hipaa_tui_rds_monitoring" {' in text
    # The database has no block here: what belongs into it is said to the person.
    said = " ".join(map(str, patch.left_out))
    assert "parameter_group_name" in said
    assert "monitoring_interval" in said
