"""Redshift clusters: who reaches them, their snapshots, upgrades, routing and encryption.

Amazon Redshift API Reference, "ModifyCluster":
https://docs.aws.amazon.com/redshift/latest/APIReference/API_ModifyCluster.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hipaa_tui.aws.rds.pending import Waiting, pending
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

BUSY: Final = ("InvalidClusterState", "InvalidClusterStateFault")
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
    listing = Operation("redshift", "DescribeClusters")
    lists = (listing,)
    items = "Clusters"
    field = "ClusterIdentifier"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return {str(tag["Key"]): str(tag["Value"]) for tag in cluster_of(cloud, target).get("Tags") or []}


def cluster_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """What DescribeClusters says of the cluster; empty where it is not there."""
    try:
        found = cloud.call(call(target, "DescribeClusters", ClusterIdentifier=target.name))
    except CloudError as error:
        absent_on(("ClusterNotFound", "ClusterNotFoundFault"), error)
        return {}
    return dict(next(iter(found.get("Clusters") or []), {}))


@dataclass(frozen=True, slots=True)
class _Choice:
    """One member of DescribeClusters, which has the same name as the argument that sets it."""

    what: str
    title: str
    field: str
    empty: bool | int = False


_CHOICES: Final = (
    _Choice("public-access", "Public address", "PubliclyAccessible"),
    _Choice("snapshot-retention", "Automated snapshots", "AutomatedSnapshotRetentionPeriod", 0),
    _Choice("upgrades", "Version upgrades", "AllowVersionUpgrade"),
    _Choice("vpc-routing", "Enhanced VPC routing", "EnhancedVpcRouting"),
)


class ClusterChoice(Waiting):
    """{FIELD: its value, "Pending"?: what it is going to be}"""

    resource = Clusters.name
    reads = operations("DescribeClusters")
    writes = operations("ModifyCluster")
    settle_seconds = _SETTLES
    retry_codes = BUSY
    terraform = ("aws_redshift_cluster",)

    def __init__(self, choice: _Choice) -> None:
        self.choice = choice
        self.field = choice.field
        self.id = f"aws.redshift.{choice.what}"
        self.title = choice.title

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = cluster_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        value = {self.field: about.get(self.field) or self.choice.empty}
        value = pending(value, self.field, about.get("PendingModifiedValues") or {})
        return Reading(value, {"ClusterIdentifier": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        given = {self.field: after[self.field]}
        return [call(target, "ModifyCluster", ClusterIdentifier=target.name, **given)]

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        if self.field != "AutomatedSnapshotRetentionPeriod":
            return ""
        have, want = (int((one or {}).get(self.field) or 0) for one in (before, after))
        return (
            f"automated snapshots older than {want} days are deleted, and do not come back"
            if want < have
            else ""
        )


class ClusterEncryption(Setting):
    """{"Encrypted": bool, "KmsKeyId"?: ARN}"""

    id = "aws.redshift.encryption"
    title = "Encryption of the cluster"
    resource = Clusters.name
    reads = operations("DescribeClusters")
    writes = (Operation("redshift", "ModifyCluster", also=("kms:CreateGrant", "kms:DescribeKey")),)
    settle_seconds = _SETTLES
    retry_codes = BUSY
    terraform = ("aws_redshift_cluster",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = cluster_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        value: dict[str, Json] = {"Encrypted": bool(about.get("Encrypted"))}
        if value["Encrypted"] and about.get("KmsKeyId"):
            value["KmsKeyId"] = str(about["KmsKeyId"])
        waits = (about.get("PendingModifiedValues") or {}).get("EncryptionType") or ""
        identity = {"ClusterIdentifier": target.name, "Arn": target.id, "Pending": str(waits)}
        return Reading(value, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        given: dict[str, Json] = {"Encrypted": after["Encrypted"]}
        if after["Encrypted"] and after.get("KmsKeyId"):
            given["KmsKeyId"] = after["KmsKeyId"]
        return [call(target, "ModifyCluster", ClusterIdentifier=target.name, **given)]

    def canonical(self, value: Json) -> Json:
        return [
            value["Encrypted"],
            str(value.get("KmsKeyId") or "").rpartition("/")[2] if value["Encrypted"] else "",
        ]


class AuditLogging(Setting):
    """{"BucketName", "S3KeyPrefix"} or {"LogDestinationType": cloudwatch, "LogExports"}; ABSENT where nothing is logged"""

    id = "aws.redshift.audit-logging"
    title = "Audit logs"
    resource = Clusters.name
    reads = operations("DescribeLoggingStatus")
    writes = operations("EnableLogging")
    removes = operations("DisableLogging")
    settle_seconds = 120.0
    # The bucket's policy is only a moment old.
    retry_codes = (*BUSY, "InsufficientS3BucketPolicyFault", "BucketNotFoundFault")
    terraform = ("aws_redshift_logging",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "DescribeLoggingStatus", ClusterIdentifier=target.name))
        except CloudError as error:
            return absent_on(("ClusterNotFound", "ClusterNotFoundFault"), error)
        identity = {
            "ClusterIdentifier": target.name,
            "Arn": target.id,
            "LastFailureMessage": str(found.get("LastFailureMessage") or ""),
        }
        if not found.get("LoggingEnabled"):
            return Reading(ABSENT, identity)
        if found.get("LogDestinationType") == "cloudwatch":
            exports = sorted(map(str, found.get("LogExports") or []))
            return Reading({"LogDestinationType": "cloudwatch", "LogExports": exports}, identity)
        prefix = str(found.get("S3KeyPrefix") or "")
        return Reading({"BucketName": str(found.get("BucketName") or ""), "S3KeyPrefix": prefix}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        given = {key: item for key, item in after.items() if item}
        return [call(target, "EnableLogging", ClusterIdentifier=target.name, **given)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [] if before.absent else [call(target, "DisableLogging", ClusterIdentifier=target.name)]

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
SETTINGS = (*(ClusterChoice(choice) for choice in _CHOICES), ClusterEncryption(), AuditLogging())
BUILDERS = {"with_cluster_key": with_cluster_key}
