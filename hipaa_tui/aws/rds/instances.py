"""Single choices of a DB instance, each a setting; what a cluster decides for its members is written to the cluster.

Which changes wait for the maintenance window, and which never do, is said in the Amazon RDS API Reference,
"ModifyDBInstance": https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hipaa_tui.aws.rds.pending import Waiting, pending
from hipaa_tui.aws.rds.settings import Clusters, Instances, call, cluster_of, instance_of, operations
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

BUSY: Final = ("InvalidDBInstanceState", "InvalidDBInstanceStateFault", "InvalidDBClusterStateFault")
"""Another change is under way: a moment later the next one is taken."""
_SETTLES: Final = 900.0


@dataclass(frozen=True, slots=True)
class _Choice:
    """One member of DescribeDBInstances, and the argument that sets it where that has another name."""

    what: str
    title: str
    field: str
    argument: str = ""
    empty: bool | int = False
    of_cluster: bool = True
    """Is it the cluster's choice for a member of one?"""
    waits: bool = False
    """May it wait for the maintenance window?"""


_CHOICES: Final = (
    _Choice("public-access", "Public address", "PubliclyAccessible", of_cluster=False),
    _Choice("deletion-protection", "Deletion protection", "DeletionProtection"),
    _Choice("multi-az", "Standby in another zone", "MultiAZ", waits=True),
    _Choice("minor-upgrades", "Minor version upgrades", "AutoMinorVersionUpgrade", of_cluster=False),
    _Choice("tag-copies", "Tags of its snapshots", "CopyTagsToSnapshot"),
    _Choice(
        *("iam-login", "Login by IAM", "IAMDatabaseAuthenticationEnabled", "EnableIAMDatabaseAuthentication"),
        waits=True,
    ),
    _Choice("backup-retention", "Automated backups", "BackupRetentionPeriod", empty=0, waits=True),
)


class InstanceChoice(Waiting):
    """{FIELD: its value, "Engine", "Cluster"?: whose choice it is, "Pending"?, "ApplyImmediately"?}"""

    resource = Instances.name
    reads = operations("DescribeDBInstances", "DescribeDBClusters")
    writes = operations("ModifyDBInstance", "ModifyDBCluster")
    settle_seconds = _SETTLES
    retry_codes = BUSY
    terraform = ("aws_db_instance",)

    def __init__(self, choice: _Choice) -> None:
        self.choice = choice
        self.field = choice.field
        self.id = f"aws.rds.instance-{choice.what}"
        self.title = choice.title
        self.writes = operations("ModifyDBInstance", *(["ModifyDBCluster"] if choice.of_cluster else []))

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = instance_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        whole, cluster = about, str(about.get("DBClusterIdentifier") or "")
        if cluster and self.choice.of_cluster:
            whole = cluster_of(cloud, target, cluster)
        value = _value(self.choice, whole, about)
        if cluster and self.choice.of_cluster:
            value["Cluster"] = cluster
        return Reading(value, {"DBInstanceIdentifier": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        given: dict[str, Json] = {self.choice.argument or self.field: after[self.field]}
        if self.choice.waits and after.get("ApplyImmediately"):
            given["ApplyImmediately"] = True
        cluster = before.value.get("Cluster")
        if not cluster:
            return [call(target, "ModifyDBInstance", DBInstanceIdentifier=target.name, **given)]
        if self.field == "MultiAZ":
            raise ValueError(
                f"it is a member of the cluster {cluster}: a second member in another zone makes it Multi-AZ (aws.rds.cluster-multi-az)"
            )
        return [call(target, "ModifyDBCluster", DBClusterIdentifier=cluster, **given)]

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        return fewer_backups(self.field, before, after)


def _value(choice: _Choice, whole: dict[str, Any], instance: dict[str, Any]) -> dict[str, Json]:
    value: dict[str, Json] = {
        choice.field: whole.get(choice.field) or choice.empty,
        "Engine": str(instance.get("Engine") or ""),
    }
    waits = whole.get("PendingModifiedValues") or {}
    return pending(value, choice.field, waits) if choice.waits else value


def fewer_backups(field: str, before: Json, after: Json) -> str:
    """Why a shorter retention cannot be taken back; "" where it is none."""
    if field != "BackupRetentionPeriod":
        return ""
    have, want = (int((one or {}).get(field) or 0) for one in (before, after))
    if want >= have:
        return ""
    if not want:
        return "all automated backups and the restore to any second are deleted at once, and do not come back"
    return f"automated backups that are older than {want} days are deleted, and do not come back"


class _ClusterSwitch(Setting):
    """{FIELD: bool}; the API's name of it is the same when it is set."""

    resource = Clusters.name
    reads = operations("DescribeDBClusters")
    writes = operations("ModifyDBCluster")
    settle_seconds = _SETTLES
    retry_codes = BUSY
    terraform = ("aws_rds_cluster",)

    def __init__(self, what: str, title: str, field: str) -> None:
        self.id = f"aws.rds.cluster-{what}"
        self.title = title
        self.field = field

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = cluster_of(cloud, target)
        value = {self.field: bool(about.get(self.field))} if about else ABSENT
        return Reading(value, {"DBClusterIdentifier": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "ModifyDBCluster", DBClusterIdentifier=target.name, **after)]


class ClusterZones(Setting):
    """{"MultiAZ": bool, "Engine", "Members": how many}. Only for looking: a member more makes it so."""

    id = "aws.rds.cluster-zones"
    title = "Availability Zones of the cluster"
    resource = Clusters.name
    reads = operations("DescribeDBClusters")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = cluster_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        members = len(about.get("DBClusterMembers") or [])
        engine = str(about.get("Engine") or "")
        return Reading({"MultiAZ": bool(about.get("MultiAZ")), "Engine": engine, "Members": members})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("a cluster has members in several zones once one is made there: follow the steps")


class InstanceEncryption(Setting):
    """{"StorageEncrypted": bool, "KmsKeyId"?, "Engine", "Cluster": its cluster or ""}. Only for looking.

    It is chosen at creation and never again.
    """

    id = "aws.rds.instance-encryption"
    title = "Encryption of the storage"
    resource = Instances.name
    reads = operations("DescribeDBInstances")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = instance_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        value = {
            "StorageEncrypted": bool(about.get("StorageEncrypted")),
            "Engine": str(about.get("Engine") or ""),
            "Cluster": str(about.get("DBClusterIdentifier") or ""),
        }
        if about.get("KmsKeyId"):
            value["KmsKeyId"] = str(about["KmsKeyId"])
        return Reading(value, {"DBInstanceIdentifier": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("RDS encrypts storage from its creation on or never: follow the steps to a new one")


SETTINGS = (
    *(InstanceChoice(choice) for choice in _CHOICES),
    _ClusterSwitch("deletion-protection", "Deletion protection", "DeletionProtection"),
    _ClusterSwitch("tag-copies", "Tags of its snapshots", "CopyTagsToSnapshot"),
    ClusterZones(),
    InstanceEncryption(),
)
