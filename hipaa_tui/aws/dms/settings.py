"""Replication instances of the Database Migration Service, whose public address is chosen when they are made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json


class ReplicationInstances(Named):
    """The ARN holds an id of the service's own choosing, and no other name."""

    name = "AWS::DMS::ReplicationInstance"
    title = "DMS replication instance"
    service = "dms"
    kind = "rep:"
    pattern = re.compile(r"[A-Za-z0-9-]{1,63}")
    listing = Operation("dms", "DescribeReplicationInstances")
    lists = (listing,)
    items = "ReplicationInstances"
    field = "ReplicationInstanceArn"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        asked = Call("aws", "dms", "ListTagsForResource", {"ResourceArn": target.id}, target.region)
        return {str(tag["Key"]): str(tag["Value"]) for tag in cloud.call(asked).get("TagList") or []}


class PublicAccess(Setting):
    """{"PubliclyAccessible": bool}. Only for looking."""

    id = "aws.dms.instance-public-access"
    title = "Public address"
    resource = ReplicationInstances.name
    reads = (Operation("dms", "DescribeReplicationInstances"),)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        only: list[Json] = [{"Name": "replication-instance-arn", "Values": [target.id]}]
        asked = Call("aws", "dms", "DescribeReplicationInstances", {"Filters": only}, target.region)
        try:
            found = cloud.call(asked)
        except CloudError as error:
            return absent_on(("ResourceNotFoundFault",), error)
        about: dict[str, Any] = next(iter(found.get("ReplicationInstances") or []), {})
        if not about:
            return Reading(ABSENT)
        name = str(about.get("ReplicationInstanceIdentifier") or "")
        value = {"PubliclyAccessible": bool(about.get("PubliclyAccessible"))}
        return Reading(value, {"ReplicationInstanceIdentifier": name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("DMS chooses the address when an instance is made: follow the steps to a new one")


RESOURCE_TYPES = (ReplicationInstances(),)
SETTINGS = (PublicAccess(),)
