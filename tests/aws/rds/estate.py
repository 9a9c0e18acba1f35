"""Databases that are public, alone, unwatched and not backed up, and a Redshift cluster as badly kept."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.rds.public-access",
    "aws.rds.backup",
    "aws.rds.logs",
    "aws.rds.multi-az",
    "aws.rds.deletion-protection",
    "aws.rds.cluster-deletion-protection",
    "aws.rds.minor-upgrades",
    "aws.rds.enhanced-monitoring",
    "aws.rds.iam-authentication",
    "aws.rds.copy-tags",
    "aws.rds.tls-only",
    "aws.rds.cluster-tls-only",
    "aws.rds.public-snapshot",
)
FRIEND = "210987654321"
SECRET = "hunter2hunter2"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; "kept" is as it should be but for its parameter group."""

    def do(operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", "rds", operation, arguments, REGION))

    login = {"MasterUsername": "root1", "MasterUserPassword": SECRET}
    small = {"DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20, **login}
    do(
        "CreateDBInstance",
        DBInstanceIdentifier="phi-db",
        Engine="postgres",
        **small,
        PubliclyAccessible=True,
        BackupRetentionPeriod=0,
        AutoMinorVersionUpgrade=False,
    )
    named = {"DBParameterGroupName": "clinic", "DBParameterGroupFamily": "mysql8.0"}
    do("CreateDBParameterGroup", **named, Description="theirs")
    off = {"ParameterName": "require_secure_transport", "ParameterValue": "0", "ApplyMethod": "immediate"}
    do("ModifyDBParameterGroup", DBParameterGroupName="clinic", Parameters=[off])
    do(
        "CreateDBInstance",
        DBInstanceIdentifier="kept",
        Engine="mysql",
        EngineVersion="8.0.36",
        **small,
        PubliclyAccessible=False,
        BackupRetentionPeriod=20,
        DeletionProtection=True,
        MultiAZ=True,
        CopyTagsToSnapshot=True,
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["audit", "error", "general", "slowquery"],
        MonitoringInterval=60,
        MonitoringRoleArn="arn:aws:iam::123456789012:role/theirs",
        DBParameterGroupName="clinic",
    )
    family = {"DBParameterGroupFamily": "aurora-postgresql16", "Description": "theirs"}
    do("CreateDBClusterParameterGroup", DBClusterParameterGroupName="clinics", **family)
    plain = {"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}
    do("ModifyDBClusterParameterGroup", DBClusterParameterGroupName="clinics", Parameters=[plain])
    role = "arn:aws:iam::123456789012:role/theirs"
    good = {"BackupRetentionPeriod": 7, "CopyTagsToSnapshot": True, "EnableIAMDatabaseAuthentication": True}
    aurora = {"DBClusterIdentifier": "clinics", "Engine": "aurora-postgresql"}
    do("CreateDBCluster", **aurora, **login, **good, DBClusterParameterGroupName="clinics")
    watched = {"MonitoringInterval": 60, "MonitoringRoleArn": role, "DBInstanceClass": "db.r6g.large"}
    for zone in "ab":
        where = {"DBInstanceIdentifier": f"clinics-{zone}", "AvailabilityZone": f"{REGION}{zone}"}
        do("CreateDBInstance", **where, **aurora, **watched)
    do("CreateDBSnapshot", DBInstanceIdentifier="phi-db", DBSnapshotIdentifier="phi-snap")
    do("CreateDBSnapshot", DBInstanceIdentifier="kept", DBSnapshotIdentifier="kept-snap")
    do("CreateDBClusterSnapshot", DBClusterIdentifier="clinics", DBClusterSnapshotIdentifier="clinics-snap")
    everybody = {"AttributeName": "restore", "ValuesToAdd": ["all", FRIEND]}
    do("ModifyDBSnapshotAttribute", DBSnapshotIdentifier="phi-snap", **everybody)
    do("ModifyDBClusterSnapshotAttribute", DBClusterSnapshotIdentifier="clinics-snap", **everybody)
    friend = {"AttributeName": "restore", "ValuesToAdd": [FRIEND]}
    do("ModifyDBSnapshotAttribute", DBSnapshotIdentifier="kept-snap", **friend)
    return cloud
