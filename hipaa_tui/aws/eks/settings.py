"""EKS clusters: with which key Kubernetes' secrets are encrypted once more."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json


class Clusters(Named):
    name = "AWS::EKS::Cluster"
    title = "EKS cluster"
    service = "eks"
    kind = "cluster/"
    pattern = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}")
    listing = Operation("eks", "ListClusters")
    lists = (listing,)
    items = "clusters"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        asked = Call("aws", "eks", "ListTagsForResource", {"resourceArn": target.id}, target.region)
        return {str(key): str(value) for key, value in (cloud.call(asked).get("tags") or {}).items()}


class SecretsEncryption(Setting):
    """{"keyArn": the key that encrypts the cluster's secrets}; ABSENT where there is none.

    The same key for good: EKS takes neither another one nor none afterwards
    (https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html).
    """

    id = "aws.eks.secrets-encryption"
    title = "Encryption of Kubernetes' secrets"
    resource = Clusters.name
    reads = (Operation("eks", "DescribeCluster"),)
    writes = (Operation("eks", "AssociateEncryptionConfig", also=("kms:DescribeKey", "kms:CreateGrant")),)
    irreversible = (
        "EKS keeps the key for the cluster's whole life; should the key be deleted, the cluster is lost"
    )
    settle_seconds = 1800.0
    terraform = ("aws_eks_cluster",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        identity = {"Name": target.name, "Arn": target.id}
        try:
            asked = Call("aws", "eks", "DescribeCluster", {"name": target.name}, target.region)
            about = cloud.call(asked)["cluster"]
        except CloudError as error:
            return absent_on(("ResourceNotFoundException",), error)
        for one in about.get("encryptionConfig") or []:
            if "secrets" in (one.get("resources") or []):
                return Reading({"keyArn": str(one["provider"]["keyArn"])}, identity)
        return Reading(ABSENT, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if not before.absent:
            raise ValueError("EKS never takes another key for a cluster's secrets")
        config = [{"resources": ["secrets"], "provider": {"keyArn": after["keyArn"]}}]
        arguments = {"clusterName": target.name, "encryptionConfig": config}
        return [Call("aws", "eks", "AssociateEncryptionConfig", arguments, target.region)]


RESOURCE_TYPES = (Clusters(),)
SETTINGS = (SecretsEncryption(),)
