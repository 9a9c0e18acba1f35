"""A table, an instance with its volume and a file system that no plan of AWS Backup takes, beside one that a plan does."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.dynamodb.estate import ID
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = (
    "aws.dynamodb.in-backup-plan",
    "aws.ec2-instance.in-backup-plan",
    "aws.ec2-volume.in-backup-plan",
    "aws.fsx.in-backup-plan",
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/theirs"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the plan "theirs" takes the table "kept" by its name."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    for name in ("patients", "kept"):
        do("dynamodb", "CreateTable", TableName=name, **ID, BillingMode="PAY_PER_REQUEST")
    do("dynamodb", "TagResource", ResourceArn=arn("patients"), Tags=[{"Key": "team", "Value": "records"}])
    rule = {"RuleName": "daily", "TargetBackupVaultName": "theirs", "Lifecycle": {"DeleteAfterDays": 40}}
    do("backup", "CreateBackupVault", BackupVaultName="theirs")
    plan = do("backup", "CreateBackupPlan", BackupPlan={"BackupPlanName": "theirs", "Rules": [rule]})
    selection = {"SelectionName": "kept", "IamRoleArn": ROLE, "Resources": [arn("kept")]}
    do("backup", "CreateBackupSelection", BackupPlanId=plan["BackupPlanId"], BackupSelection=selection)
    vpc = do("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = do("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    do("ec2", "RunInstances", ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnet)
    do("fsx", "CreateFileSystem", FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=[subnet])
    return cloud


def arn(table: str) -> str:
    """The ARN of a table."""
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"
