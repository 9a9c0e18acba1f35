"""A database and a cluster that no plan of AWS Backup takes; the cluster's member goes with it."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.rds.in-backup-plan", "aws.rds.cluster-in-backup-plan")
SECRET = "hunter2hunter2"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(operation: str, **arguments: Any) -> None:
        login = {"MasterUsername": "root1", "MasterUserPassword": SECRET}
        cloud.call(Call("aws", "rds", operation, {**login, **arguments}, REGION))

    size = {"DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20}
    do("CreateDBInstance", DBInstanceIdentifier="phi-db", Engine="postgres", **size)
    do("CreateDBCluster", DBClusterIdentifier="clinics", Engine="aurora-postgresql")
    member = {"DBInstanceClass": "db.r6g.large", "DBClusterIdentifier": "clinics"}
    do("CreateDBInstance", DBInstanceIdentifier="clinics-a", Engine="aurora-postgresql", **member)
    return cloud
