"""The guard of the tag that a backup plan selects by: whether the resource has room, and who selects it already."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.backup.estate_selections import arn
from tests.aws.dynamodb.estate import ID
from tests.aws.guards import do, verdict
from tests.aws.server import ACCOUNT, REGION

PASS, WARN, BLOCK = Outcome.PASS, Outcome.WARN, Outcome.BLOCK


@pytest.fixture
def table(aws):
    do(aws, "dynamodb", "CreateTable", TableName="patients", **ID, BillingMode="PAY_PER_REQUEST")
    return resource_type("AWS::DynamoDB::Table").target("patients", ACCOUNT, REGION)


def test_a_resource_has_room_for_fifty_tags_and_is_backed_up_once(aws, table):
    def tagged(tags):
        after = {"Tags": {**tags, "hipaa:phi": "true"}, "Plans": ["hipaa-tui-phi"]}
        return verdict(aws, "tag-room", table, ("aws.backup.table-in-plan", after))

    assert tagged({})[0] is PASS
    assert tagged({str(number): "x" for number in range(50)})[0] is BLOCK
    made = do(
        aws, "backup", "CreateBackupPlan", BackupPlan={"BackupPlanName": "theirs", "Rules": [rule_of("v")]}
    )
    selection = {
        "SelectionName": "all",
        "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
        "Resources": [arn("*")],
    }
    do(aws, "backup", "CreateBackupSelection", BackupPlanId=made["BackupPlanId"], BackupSelection=selection)
    outcome, reason = tagged({})
    assert outcome is WARN
    assert "theirs" in reason


def rule_of(vault):
    return {"RuleName": "daily", "TargetBackupVaultName": vault}
