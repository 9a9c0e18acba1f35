"""Guards of backup plans and vaults: backups that would fail, be passed over, or be deleted on purpose."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.dynamodb.estate import ID
from tests.aws.guards import allow, do, text, verdict
from tests.aws.server import ACCOUNT, REGION

PASS, WARN, BLOCK = Outcome.PASS, Outcome.WARN, Outcome.BLOCK
PLAN, LOCK, POLICY = "aws.backup.plan", "aws.backup.vault-lock", "aws.backup.vault-policy"


@pytest.fixture
def table(aws):
    do(aws, "dynamodb", "CreateTable", TableName="patients", **ID, BillingMode="PAY_PER_REQUEST")
    return resource_type("AWS::DynamoDB::Table").target("patients", ACCOUNT, REGION)


@pytest.fixture
def vault(aws):
    do(aws, "backup", "CreateBackupVault", BackupVaultName="clinic")
    return resource_type("AWS::Backup::BackupVault").target("clinic", ACCOUNT, REGION)


@pytest.fixture
def plan(aws):
    return resource_type(PLAN_TYPE).list(aws, ACCOUNT, REGION, "aws")[0]


PLAN_TYPE = "AWS::Backup::BackupPlan"


def rule(vault, days):
    return {
        "RuleName": "daily",
        "TargetBackupVaultName": vault,
        "Lifecycle": {"DeleteAfterDays": days},
        "Days": days,
    }


def test_a_type_that_is_not_opted_in_would_be_passed_over(aws, table, plan):
    """Whether a region is opted in is answered by the sandbox's addition to moto."""
    assert verdict(aws, "backup-opt-in", table)[0] is PASS
    do(aws, "backup", "UpdateRegionSettings", ResourceTypeOptInPreference={"DynamoDB": False})
    outcome, reason = verdict(aws, "backup-opt-in", table)
    assert outcome is BLOCK
    assert "DynamoDB=true" in reason
    assert verdict(aws, "backup-opt-in", plan)[0] is WARN


@pytest.mark.parametrize(
    ("region", "outcome"), [("us-west-2", PASS), ("", WARN), (REGION, BLOCK), ("xx-nowhere-9", BLOCK)]
)
def test_copies_go_to_another_region_that_is_there(aws, plan, region, outcome):
    assert verdict(aws, "backup-copy-region", plan, parameters={"copy_region": region})[0] is outcome


def test_a_rule_whose_vault_would_refuse_its_backups_is_not_written(aws, plan, vault):
    def after(name, days):
        return (PLAN, {"BackupPlanName": plan.name, "Rules": [rule(name, days)]})

    assert verdict(aws, "backup-vault-takes-it", plan, after("clinic", 400))[0] is PASS
    assert verdict(aws, "backup-vault-takes-it", plan, after("nowhere", 35))[0] is BLOCK
    lock = {"MinRetentionDays": 7, "MaxRetentionDays": 90}
    do(aws, "backup", "PutBackupVaultLockConfiguration", BackupVaultName="clinic", **lock)
    assert verdict(aws, "backup-vault-takes-it", plan, after("clinic", 60))[0] is PASS
    outcome, reason = verdict(aws, "backup-vault-takes-it", plan, after("clinic", 400))
    assert outcome is BLOCK
    assert "90 days" in reason


def test_whoever_deletes_backups_on_purpose_is_named(aws, vault):
    assert verdict(aws, "who-deletes-backups", vault)[0] is PASS
    janitor = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/janitor"}, "backup:Delete*", "*")
    do(aws, "backup", "PutBackupVaultAccessPolicy", BackupVaultName="clinic", Policy=text(janitor))
    outcome, reason = verdict(aws, "who-deletes-backups", vault, (POLICY, text(janitor)))
    assert outcome is WARN
    assert "Theirs" in reason


def test_a_lock_under_which_backups_would_fail_is_not_set(aws, vault):
    def locked(**after):
        return verdict(aws, "vault-lock-fits", vault, (LOCK, {"MinRetentionDays": 35, **after}))

    assert locked()[0] is PASS
    assert locked(ChangeableForDays=2)[0] is BLOCK
    outcome, reason = locked(ChangeableForDays=30)
    assert outcome is WARN
    assert "30 days" in reason
    short = {"RuleName": "nightly", "TargetBackupVaultName": "clinic", "Lifecycle": {"DeleteAfterDays": 7}}
    do(aws, "backup", "CreateBackupPlan", BackupPlan={"BackupPlanName": "short", "Rules": [short]})
    outcome, reason = locked()
    assert outcome is BLOCK
    assert "short" in reason
