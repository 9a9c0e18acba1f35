"""A data warehouse that is public, in the clear and writes no logs, beside one that is well kept."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.redshift.public-access",
    "aws.redshift.automated-snapshots",
    "aws.redshift.audit-logging",
    "aws.redshift.upgrades",
    "aws.redshift.vpc-routing",
    "aws.redshift.encryption",
    "aws.redshift.tls-only",
)
SECRET = "Hunter2hunter2"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; "kept" is as it should be but for its parameter group."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    login = {"MasterUsername": "root1", "MasterUserPassword": SECRET}
    plain = {"ClusterType": "single-node", "NodeType": "ra3.xlplus", **login}
    bad = {"PubliclyAccessible": True, "Encrypted": False, "AllowVersionUpgrade": False}
    do("redshift", "CreateCluster", ClusterIdentifier="dw", **plain, **bad)
    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    group = {"ParameterGroupName": "clinic", "ParameterGroupFamily": "redshift-1.0"}
    do("redshift", "CreateClusterParameterGroup", **group, Description="theirs")
    good = {
        "PubliclyAccessible": False,
        "Encrypted": True,
        "KmsKeyId": key,
        "AllowVersionUpgrade": True,
        "EnhancedVpcRouting": True,
        "AutomatedSnapshotRetentionPeriod": 14,
        "ClusterParameterGroupName": "clinic",
    }
    do("redshift", "CreateCluster", ClusterIdentifier="kept", **plain, **good)
    logs = {"LogDestinationType": "cloudwatch", "LogExports": ["connectionlog", "userlog"]}
    do("redshift", "EnableLogging", ClusterIdentifier="kept", **logs)
    return cloud
