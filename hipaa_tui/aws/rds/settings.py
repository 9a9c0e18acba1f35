"""DB instances and DB clusters of RDS and Aurora, and what the API says of them.

Neptune and DocumentDB answer on the same API with other engines; they are services of their own and left out here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Target, absent_on
from hipaa_tui.support.json_value import Json

NOT_RDS: Final = frozenset({"docdb", "neptune"})
_NAME: Final = re.compile(r"(?!db-[A-Z0-9]{20,}$)[A-Za-z][A-Za-z0-9-]{0,62}")
"""A resource id (db-ABC…) is no name: no call takes it."""


def operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("rds", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call in the target's region."""
    return Call("aws", "rds", operation, arguments, target.region)


class _Databases(Named):
    """What instances and clusters have in common."""

    service = "rds"
    pattern = _NAME

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        asked = Call("aws", "rds", self.listing.operation, {}, region)
        listed = cloud.pages(asked, self.items)
        names = [str(one[self.field]) for one in listed if str(one.get("Engine")) not in NOT_RDS]
        found = (self.target(name, account, region, partition) for name in names)
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        # Names are kept in small letters, however they were written.
        named = super().target(id, account, region, partition)
        if named is None or named.name == named.name.lower():
            return named
        return super().target(named.id.removesuffix(named.name) + named.name.lower(), account, region)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(cloud, target)


class Instances(_Databases):
    name = "AWS::RDS::DBInstance"
    title = "DB instance"
    kind = "db:"
    listing = Operation("rds", "DescribeDBInstances")
    lists = (listing,)
    items = "DBInstances"
    field = "DBInstanceIdentifier"


class Clusters(_Databases):
    name = "AWS::RDS::DBCluster"
    title = "DB cluster"
    kind = "cluster:"
    listing = Operation("rds", "DescribeDBClusters")
    lists = (listing,)
    items = "DBClusters"
    field = "DBClusterIdentifier"


def tags_of(cloud: Cloud, target: Target) -> dict[str, str]:
    """The tags of anything in RDS that has an ARN."""
    found = cloud.call(call(target, "ListTagsForResource", ResourceName=target.id))
    return {str(tag["Key"]): str(tag["Value"]) for tag in found.get("TagList") or []}


def instance_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """What DescribeDBInstances says of the instance; empty where it is not there."""
    try:
        found = cloud.call(call(target, "DescribeDBInstances", DBInstanceIdentifier=target.name))
    except CloudError as error:
        absent_on(("DBInstanceNotFound", "DBInstanceNotFoundFault"), error)
        return {}
    return dict(next(iter(found.get("DBInstances") or []), {}))


def cluster_of(cloud: Cloud, target: Target, name: str = "") -> dict[str, Any]:
    """What DescribeDBClusters says of the cluster; empty where it is not there."""
    try:
        found = cloud.call(call(target, "DescribeDBClusters", DBClusterIdentifier=name or target.name))
    except CloudError as error:
        absent_on(("DBClusterNotFoundFault", "DBClusterNotFound"), error)
        return {}
    return dict(next(iter(found.get("DBClusters") or []), {}))


def aurora(about: Mapping[str, Any]) -> bool:
    """Is it Aurora? Any other member of a cluster is one of a Multi-AZ DB cluster."""
    return str(about.get("Engine") or "").startswith("aurora")


RESOURCE_TYPES = (Instances(), Clusters())
