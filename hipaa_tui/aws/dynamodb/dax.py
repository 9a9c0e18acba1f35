"""DynamoDB Accelerator clusters, whose encryption is chosen when they are made and never again."""

from __future__ import annotations

import re

from hipaa_tui.aws.declared import Declared, Read, flag
from hipaa_tui.aws.resource_types.arn_named import Named


class Clusters(Named):
    name = "AWS::DAX::Cluster"
    title = "DAX cluster"
    service = "dax"
    kind = "cache/"
    pattern = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,19}")
    listing = Read("dax", "DescribeClusters", "Clusters")
    field = "ClusterArn"
    tagging = Read("dax", "ListTags", "Tags", {"ResourceName": "{id}"}, pages=True)
    everywhere = False


class ClusterEncryption(Declared):
    """{"AtRest": bool, "InTransit": bool}. Read-only: DAX takes both only when a cluster is created."""

    id = "aws.dax.encryption"
    title = "Encryption of the cluster"
    resource = Clusters.name
    reading = Read(
        *("dax", "DescribeClusters", "Clusters.0", {"ClusterNames": ["{name}"]}),
        gone=("ClusterNotFoundFault",),
        empty="gone",
    )
    fields = {
        "AtRest": flag("SSEDescription.Status", "ENABLED"),
        "InTransit": flag("ClusterEndpointEncryptionType", "TLS"),
    }
    identity = {"ClusterName": "{name}"}
    read_only = "DAX encrypts a cluster from its creation on or never: make a new one"


RESOURCE_TYPES = (Clusters(),)
SETTINGS = (ClusterEncryption(),)
