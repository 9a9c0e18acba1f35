"""EKS clusters: with which key Kubernetes' secrets are encrypted once more."""

from __future__ import annotations

import re
from typing import Any

from hipaa_tui.aws.declared import Declared, Read, Write
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Reading
from hipaa_tui.support.json_value import ABSENT, Json


class Clusters(Named):
    name = "AWS::EKS::Cluster"
    title = "EKS cluster"
    service = "eks"
    kind = "cluster/"
    pattern = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}")
    listing = Read("eks", "ListClusters", "clusters")
    tagging = Read("eks", "ListTagsForResource", "tags", {"resourceArn": "{id}"})


class SecretsEncryption(Declared):
    """{"keyArn": the key that encrypts the cluster's secrets}; ABSENT where there is none.

    The same key for good: EKS takes neither another one nor none afterwards
    (https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html).
    """

    id = "aws.eks.secrets-encryption"
    title = "Encryption of Kubernetes' secrets"
    resource = Clusters.name
    reading = Read(
        *("eks", "DescribeCluster", "cluster", {"name": "{name}"}), gone=("ResourceNotFoundException",)
    )
    identity = {"Name": "{name}", "Arn": "{id}"}
    writing = Write(
        *("eks", "AssociateEncryptionConfig", "encryptionConfig", {"clusterName": "{name}"}),
        also=("kms:DescribeKey", "kms:CreateGrant"),
    )
    irreversible = (
        "EKS keeps the key for the cluster's whole life; should the key be deleted, the cluster is lost"
    )
    settle_seconds = 1800.0
    terraform = ("aws_eks_cluster",)

    def value(self, found: Any) -> Json:
        configs = found.get("encryptionConfig") or []
        keys = [one["provider"]["keyArn"] for one in configs if "secrets" in (one.get("resources") or [])]
        return {"keyArn": str(keys[0])} if keys else ABSENT

    def sent(self, before: Reading, after: Json) -> Json:
        if not before.absent:
            raise ValueError("EKS never takes another key for a cluster's secrets")
        return [{"resources": ["secrets"], "provider": {"keyArn": after["keyArn"]}}]


RESOURCE_TYPES = (Clusters(),)
SETTINGS = (SecretsEncryption(),)
