"""Warehouses as Terraform: arguments of their own block, and the log with its bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.patches.blocks.snippets import Refused
from tests.aws.patches import edit, found, one_line, patch_of, planned
from tests.aws.redshift import estate as redshift
from tests.aws.server import ACCOUNT, REGION

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"


@pytest.mark.parametrize(
    ("id", "value", "type", "argument"),
    [
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
        (
            "redshift.vpc-routing",
            {"EnhancedVpcRouting": True},
            "aws_redshift_cluster",
            "enhanced_vpc_routing",
        ),
        ("redshift.encryption", {"Encrypted": True, "KmsKeyId": KEY}, "aws_redshift_cluster", "kms_key_id"),
        (
            "redshift.transport",
            {"Group": "hipaa-tui-tls-dw"},
            "aws_redshift_cluster",
            "cluster_parameter_group_name",
        ),
    ],
)
def test_an_argument_of_a_databases_block_is_said_as_an_edit(id, value, type, argument):
    block = edit(f"aws.{id}", value, type=type)
    assert argument in {name for name, _ in block.attributes}


def test_a_parameter_group_of_yours_is_pointed_at():
    with pytest.raises(Refused, match="clinic"):
        edit("aws.redshift.transport", {"Group": "clinic", "Parameter": "rds.force_ssl", "On": "1"})


def test_audit_logs_come_after_the_policy_that_lets_them_in(aws: Any, repo: Path) -> None:
    redshift.build(aws)
    warehouse = found("AWS::Redshift::Cluster", "dw")
    plan = planned(aws, ("aws.redshift.audit-logging", warehouse), ("aws.redshift.tls-only", warehouse))
    text = one_line(repo, patch_of(aws, repo, plan))
    start = text.index('resource "aws_redshift_logging" "dw" {')
    block = text[start : text.index(" }", start)]
    assert 'cluster_identifier = "dw"' in block
    assert 's3_key_prefix = "redshift/dw"' in block
    assert "depends_on = [aws_s3_bucket_policy." in block
    assert 'parameter { name = "require_ssl" value = "true" }' in text
