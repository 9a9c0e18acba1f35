"""Redshift clusters: who reaches them, their snapshots, upgrades, routing and encryption.

Amazon Redshift API Reference, "ModifyCluster":
https://docs.aws.amazon.com/redshift/latest/APIReference/API_ModifyCluster.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Remove, Write, flag, raw, tags_of, text
from hipaa_tui.aws.rds.pending import Waiting
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

_SETTLES: Final = 1800.0


def operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("redshift", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call in the cluster's region."""
    return Call("aws", "redshift", operation, arguments, target.region)


class Clusters(Named):
    name = "AWS::Redshift::Cluster"
    title = "Redshift cluster"
    service = "redshift"
    kind = "cluster:"
    pattern = re.compile(r"[a-z][a-z0-9-]{0,62}")
    listing = Read("redshift", "DescribeClusters", "Clusters")
    field = "ClusterIdentifier"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(cluster_of(cloud, target).get("Tags"))


_CLUSTER: Final = {"ClusterIdentifier": "{name}"}
_IDENTITY: Final = {**_CLUSTER, "Arn": "{id}"}
_NOT_FOUND: Final = ("ClusterNotFound", "ClusterNotFoundFault")
_DESCRIBED: Final = Read(
    *("redshift", "DescribeClusters", "Clusters.0", _CLUSTER), gone=_NOT_FOUND, empty="gone"
)


def cluster_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The cluster as DescribeClusters returns it; empty where it is not there. Raises CloudError."""
    return dict(_DESCRIBED.ask(cloud, target) or {})


class _ClusterChoice(Waiting):
    """{FIELD: its value, "Pending"?: what it is going to be}. DescribeClusters and ModifyCluster share the name."""

    resource = Clusters.name
    reading = _DESCRIBED
    identity = _IDENTITY
    settle_seconds = _SETTLES
    terraform = ("aws_redshift_cluster",)


class PublicAccess(_ClusterChoice):
    """{"PubliclyAccessible": bool, "Pending"?}"""

    id = "aws.redshift.public-access"
    title = "Public address"
    field = "PubliclyAccessible"
    fields = {"PubliclyAccessible": raw("PubliclyAccessible", False)}
    writing = Write("redshift", "ModifyCluster", arguments=_CLUSTER, sends=("PubliclyAccessible",))


class SnapshotRetention(_ClusterChoice):
    """{"AutomatedSnapshotRetentionPeriod": days, 0 takes none, "Pending"?}"""

    id = "aws.redshift.snapshot-retention"
    title = "Automated snapshots"
    field = "AutomatedSnapshotRetentionPeriod"
    fields = {"AutomatedSnapshotRetentionPeriod": raw("AutomatedSnapshotRetentionPeriod", 0)}
    writing = Write(
        "redshift", "ModifyCluster", arguments=_CLUSTER, sends=("AutomatedSnapshotRetentionPeriod",)
    )

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        have, want = (int((value or {}).get(self.field) or 0) for value in (before, after))
        return (
            f"automated snapshots older than {want} days are deleted, and do not come back"
            if want < have
            else ""
        )


class VersionUpgrades(_ClusterChoice):
    """{"AllowVersionUpgrade": bool, "Pending"?}"""

    id = "aws.redshift.upgrades"
    title = "Version upgrades"
    field = "AllowVersionUpgrade"
    fields = {"AllowVersionUpgrade": raw("AllowVersionUpgrade", False)}
    writing = Write("redshift", "ModifyCluster", arguments=_CLUSTER, sends=("AllowVersionUpgrade",))


class VpcRouting(_ClusterChoice):
    """{"EnhancedVpcRouting": bool, "Pending"?}"""

    id = "aws.redshift.vpc-routing"
    title = "Enhanced VPC routing"
    field = "EnhancedVpcRouting"
    fields = {"EnhancedVpcRouting": raw("EnhancedVpcRouting", False)}
    writing = Write("redshift", "ModifyCluster", arguments=_CLUSTER, sends=("EnhancedVpcRouting",))


class ClusterEncryption(Declared):
    """{"Encrypted": bool, "KmsKeyId"?: ARN}"""

    id = "aws.redshift.encryption"
    title = "Encryption of the cluster"
    resource = Clusters.name
    reading = _DESCRIBED
    fields = {"Encrypted": flag("Encrypted"), "KmsKeyId": text("KmsKeyId", None)}
    identity = _IDENTITY
    identity_fields = {"Pending": text("PendingModifiedValues.EncryptionType")}
    writing = Write(
        *("redshift", "ModifyCluster"), arguments=_CLUSTER, also=("kms:CreateGrant", "kms:DescribeKey")
    )
    settle_seconds = _SETTLES
    terraform = ("aws_redshift_cluster",)

    def value(self, found: Any) -> Json:
        return _with_key(super().value(found))

    def sent(self, before: Reading, after: Json) -> Json:
        return _with_key(after)

    def canonical(self, value: Json) -> Json:
        return [
            value["Encrypted"],
            str(value.get("KmsKeyId") or "").rpartition("/")[2] if value["Encrypted"] else "",
        ]


def _with_key(value: Json) -> dict[str, Json]:
    """The value with its key only where the cluster is encrypted with one."""
    key = {"KmsKeyId": value["KmsKeyId"]} if value["Encrypted"] and value.get("KmsKeyId") else {}
    return {"Encrypted": value["Encrypted"], **key}


class AuditLogging(Declared):
    """{"BucketName", "S3KeyPrefix"} or {"LogDestinationType": cloudwatch, "LogExports"}; ABSENT where nothing is logged"""

    id = "aws.redshift.audit-logging"
    title = "Audit logs"
    resource = Clusters.name
    reading = Read("redshift", "DescribeLoggingStatus", "", _CLUSTER, gone=_NOT_FOUND)
    identity = _IDENTITY
    identity_fields = {"LastFailureMessage": text("LastFailureMessage")}
    writing = Write("redshift", "EnableLogging", arguments=_CLUSTER)
    removing = Remove("redshift", "DisableLogging", arguments=_CLUSTER)
    settle_seconds = 120.0
    # The bucket's policy is only a moment old.
    retry_codes = ("InsufficientS3BucketPolicyFault", "BucketNotFoundFault")
    terraform = ("aws_redshift_logging",)

    def value(self, found: Any) -> Json:
        if not found.get("LoggingEnabled"):
            return ABSENT
        if found.get("LogDestinationType") == "cloudwatch":
            exports = sorted(map(str, found.get("LogExports") or []))
            return {"LogDestinationType": "cloudwatch", "LogExports": exports}
        prefix = str(found.get("S3KeyPrefix") or "")
        return {"BucketName": str(found.get("BucketName") or ""), "S3KeyPrefix": prefix}

    def sent(self, before: Reading, after: Json) -> Json:
        return {key: item for key, item in after.items() if item}

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [] if before.absent else super().remove(target, before)

    def canonical(self, value: Json) -> Json:
        prefix = str(value.get("S3KeyPrefix") or "").rstrip("/")
        return [value.get("BucketName") or "", prefix, value.get("LogExports") or []]


def with_cluster_key(current: Json, wanted: Json) -> Json:
    """Encryption on with {"key"}; a key that is there stays."""
    if current is ABSENT:
        raise ValueError("there is no such cluster")
    key = current.get("KmsKeyId") or wanted.get("key")
    return {"Encrypted": True, **({"KmsKeyId": key} if key else {})}


RESOURCE_TYPES = (Clusters(),)
SETTINGS = (
    PublicAccess(),
    SnapshotRetention(),
    VersionUpgrades(),
    VpcRouting(),
    ClusterEncryption(),
    AuditLogging(),
)
BUILDERS = {"with_cluster_key": with_cluster_key}
