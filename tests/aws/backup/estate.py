"""A vault that anybody may empty, a plan of a week, and a file system that no plan takes."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = (
    "aws.efs.backup",
    "aws.backup.plan-retention",
    "aws.backup.vault-deletion",
    "aws.backup.vault-lock",
)
# It makes what is not there, and all of it is kept: test_settings.py follows it.
ONE_WAY = ("aws.backup.plan",)
TEAM = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Resource": "*"}


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the file system "kept" is backed up."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    do("efs", "CreateFileSystem", CreationToken="phi")
    do("efs", "CreateFileSystem", CreationToken="kept", Encrypted=True, Backup=True)
    do("backup", "CreateBackupVault", BackupVaultName="clinic")
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**TEAM, "Action": "backup:StartRestoreJob"}]})
    do("backup", "PutBackupVaultAccessPolicy", BackupVaultName="clinic", Policy=text)
    weekly = {
        "RuleName": "weekly",
        "TargetBackupVaultName": "clinic",
        "ScheduleExpression": "cron(0 3 ? * SUN *)",
        "Lifecycle": {"DeleteAfterDays": 90},
    }
    nightly = {**weekly, "RuleName": "nightly", "ScheduleExpression": "cron(0 3 * * ? *)"}
    short = {**nightly, "TargetBackupVaultName": "other", "Lifecycle": {"DeleteAfterDays": 7}}
    do("backup", "CreateBackupVault", BackupVaultName="other")
    do("backup", "PutBackupVaultLockConfiguration", BackupVaultName="other", MinRetentionDays=35)
    do("backup", "CreateBackupPlan", BackupPlan={"BackupPlanName": "weekly", "Rules": [weekly]})
    do("backup", "CreateBackupPlan", BackupPlan={"BackupPlanName": "short", "Rules": [weekly, short]})
    do("backup", "CreateBackupPlan", BackupPlan={"BackupPlanName": "kept", "Rules": [nightly]})
    return cloud
