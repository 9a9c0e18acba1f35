"""Replication instances of the Database Migration Service, whose public address is chosen when they are made."""

from __future__ import annotations

import re

from hipaa_tui.aws.declared import Declared, Read, flag, text
from hipaa_tui.aws.resource_types.arn_named import Named


class ReplicationInstances(Named):
    """The ARN holds an id that DMS chose, and not the instance's identifier."""

    name = "AWS::DMS::ReplicationInstance"
    title = "DMS replication instance"
    service = "dms"
    kind = "rep:"
    pattern = re.compile(r"[A-Za-z0-9-]{1,63}")
    listing = Read("dms", "DescribeReplicationInstances", "ReplicationInstances")
    field = "ReplicationInstanceArn"
    tagging = Read("dms", "ListTagsForResource", "TagList", {"ResourceArn": "{id}"})


class PublicAccess(Declared):
    """{"PubliclyAccessible": bool}. Read-only."""

    id = "aws.dms.instance-public-access"
    title = "Public address"
    resource = ReplicationInstances.name
    reading = Read(
        *("dms", "DescribeReplicationInstances", "ReplicationInstances.0"),
        {"Filters": [{"Name": "replication-instance-arn", "Values": ["{id}"]}]},
        gone=("ResourceNotFoundFault",),
        empty="gone",
    )
    fields = {"PubliclyAccessible": flag("PubliclyAccessible")}
    identity = {"Arn": "{id}"}
    identity_fields = {"ReplicationInstanceIdentifier": text("ReplicationInstanceIdentifier")}
    read_only = "DMS chooses the address when an instance is made: follow the steps to a new one"


RESOURCE_TYPES = (ReplicationInstances(),)
SETTINGS = (PublicAccess(),)
