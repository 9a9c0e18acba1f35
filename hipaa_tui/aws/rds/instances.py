"""Single choices of a DB instance, each a setting; what a cluster decides for its members is written to the cluster.

Which changes wait for the maintenance window, and which never do, is said in the Amazon RDS API Reference,
"ModifyDBInstance": https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Write, flag, members, raw, text
from hipaa_tui.aws.rds.pending import Waiting, pending
from hipaa_tui.aws.rds.settings import (
    CLUSTER,
    INSTANCE,
    Clusters,
    Instances,
    call,
    cluster_of,
    instance_of,
    operations,
)
from hipaa_tui.providers.model import Call, Cloud, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

_SETTLES: Final = 900.0


@dataclass(frozen=True, slots=True)
class _Choice:
    """One member of DescribeDBInstances, and the argument that sets it where that has another name."""

    what: str
    title: str
    field: str
    argument: str = ""
    empty: bool | int = False
    waits: bool = False
    """May it wait for the maintenance window?"""


_CHOICES: Final = (
    _Choice("deletion-protection", "Deletion protection", "DeletionProtection"),
    _Choice("multi-az", "Standby in another zone", "MultiAZ", waits=True),
    _Choice("tag-copies", "Tags of its snapshots", "CopyTagsToSnapshot"),
    _Choice(
        *("iam-login", "Login by IAM", "IAMDatabaseAuthenticationEnabled", "EnableIAMDatabaseAuthentication"),
        waits=True,
    ),
    _Choice("backup-retention", "Automated backups", "BackupRetentionPeriod", empty=0, waits=True),
)
"""Choices that a cluster makes for its members."""


_INSTANCE: Final = {"DBInstanceIdentifier": "{name}"}


class _OwnChoice(Waiting):
    """{FIELD: bool, "Engine"}: a choice that each instance makes for itself, also in a cluster."""

    resource = Instances.name
    reading = INSTANCE
    identity = {"DBInstanceIdentifier": "{name}", "Arn": "{id}"}
    settle_seconds = _SETTLES
    terraform = ("aws_db_instance",)

    def value(self, found: Any) -> Json:
        return members(self.fields, found)


class PublicAccess(_OwnChoice):
    """{"PubliclyAccessible": bool, "Engine"}"""

    id = "aws.rds.instance-public-access"
    title = "Public address"
    field = "PubliclyAccessible"
    fields = {"PubliclyAccessible": raw("PubliclyAccessible", False), "Engine": text("Engine")}
    writing = Write("rds", "ModifyDBInstance", arguments=_INSTANCE, sends=("PubliclyAccessible",))


class MinorUpgrades(_OwnChoice):
    """{"AutoMinorVersionUpgrade": bool, "Engine"}"""

    id = "aws.rds.instance-minor-upgrades"
    title = "Minor version upgrades"
    field = "AutoMinorVersionUpgrade"
    fields = {"AutoMinorVersionUpgrade": raw("AutoMinorVersionUpgrade", False), "Engine": text("Engine")}
    writing = Write("rds", "ModifyDBInstance", arguments=_INSTANCE, sends=("AutoMinorVersionUpgrade",))


class InstanceChoice(Waiting):
    """{FIELD: its value, "Engine", "Cluster"?: whose choice it is, "Pending"?, "ApplyImmediately"?}"""

    resource = Instances.name
    reads = operations("DescribeDBInstances", "DescribeDBClusters")
    writes = operations("ModifyDBInstance", "ModifyDBCluster")
    settle_seconds = _SETTLES
    terraform = ("aws_db_instance",)

    def __init__(self, choice: _Choice) -> None:
        self.choice = choice
        self.field = choice.field
        self.id = f"aws.rds.instance-{choice.what}"
        self.title = choice.title

    def read(self, cloud: Cloud, target: Target) -> Reading:
        instance = instance_of(cloud, target)
        if not instance:
            return Reading(ABSENT)
        whole, cluster = instance, str(instance.get("DBClusterIdentifier") or "")
        if cluster:
            whole = cluster_of(cloud, target, cluster)
        value = _value(self.choice, whole, instance)
        if cluster:
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


class _ClusterSwitch(Declared):
    """{FIELD: bool}, by the name that DescribeDBClusters and ModifyDBCluster share."""

    resource = Clusters.name
    reading = CLUSTER
    identity = {"DBClusterIdentifier": "{name}", "Arn": "{id}"}
    identity_when_gone = True
    writing = Write("rds", "ModifyDBCluster", arguments={"DBClusterIdentifier": "{name}"})
    settle_seconds = _SETTLES
    terraform = ("aws_rds_cluster",)


class ClusterDeletionProtection(_ClusterSwitch):
    """{"DeletionProtection": bool}"""

    id = "aws.rds.cluster-deletion-protection"
    title = "Deletion protection"
    fields = {"DeletionProtection": flag("DeletionProtection")}


class ClusterTagCopies(_ClusterSwitch):
    """{"CopyTagsToSnapshot": bool}"""

    id = "aws.rds.cluster-tag-copies"
    title = "Tags of its snapshots"
    fields = {"CopyTagsToSnapshot": flag("CopyTagsToSnapshot")}


class ClusterZones(Declared):
    """{"MultiAZ": bool, "Engine", "Members": how many}. Read-only: one more member makes a cluster Multi-AZ."""

    id = "aws.rds.cluster-zones"
    title = "Availability Zones of the cluster"
    resource = Clusters.name
    reading = CLUSTER
    fields = {"MultiAZ": flag("MultiAZ"), "Engine": text("Engine")}
    read_only = "a cluster has members in several zones once one is made there: follow the steps"

    def value(self, found: Any) -> Json:
        return {**super().value(found), "Members": len(found.get("DBClusterMembers") or [])}


class InstanceEncryption(Declared):
    """{"StorageEncrypted": bool, "KmsKeyId"?, "Engine", "Cluster": its cluster or ""}. Read-only.

    It is chosen at creation and never again.
    """

    id = "aws.rds.instance-encryption"
    title = "Encryption of the storage"
    resource = Instances.name
    reading = INSTANCE
    fields = {
        "StorageEncrypted": flag("StorageEncrypted"),
        "Engine": text("Engine"),
        "Cluster": text("DBClusterIdentifier"),
        "KmsKeyId": text("KmsKeyId", None),
    }
    identity = {"DBInstanceIdentifier": "{name}", "Arn": "{id}"}
    read_only = "RDS encrypts storage from its creation on or never: follow the steps to a new one"


SETTINGS = (
    PublicAccess(),
    MinorUpgrades(),
    *(InstanceChoice(choice) for choice in _CHOICES),
    ClusterDeletionProtection(),
    ClusterTagCopies(),
    ClusterZones(),
    InstanceEncryption(),
)
