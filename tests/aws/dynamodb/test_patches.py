"""Tables as Terraform: scaling rules of their own, and arguments of the table's block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.aws.dynamodb.estate import build
from tests.aws.patches import blocks_of, edit, found, patch_of, planned
from tests.aws.server import ACCOUNT, REGION


def test_scaling_rules_and_log_writers_are_blocks_of_their_own(aws: Any, repo: Path) -> None:
    build(aws)
    table = found("AWS::DynamoDB::Table", "patients")
    blocks = blocks_of(repo, patch_of(aws, repo, planned(aws, ("aws.dynamodb.autoscaling", table))))
    rule = blocks["aws_appautoscaling_target.patients_read"]
    assert "min_capacity = 5" in rule
    assert "max_capacity = 50" in rule
    policy = blocks["aws_appautoscaling_policy.patients_read"]
    assert "resource_id = aws_appautoscaling_target.patients_read.resource_id" in policy.replace("  ", " ")


@pytest.mark.parametrize(
    ("id", "value"),
    [
        ("point-in-time-recovery", {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}),
        ("encryption", {"KMSMasterKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"}),
        ("deletion-protection", {"DeletionProtectionEnabled": True}),
    ],
)
def test_an_argument_of_a_big_block_is_said_as_an_edit(id: str, value: Any) -> None:
    edit(f"aws.dynamodb.{id}", value)
