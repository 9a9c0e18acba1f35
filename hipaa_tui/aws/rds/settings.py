"""DB instances and DB clusters of RDS and Aurora, and what the API says of them.

Neptune and DocumentDB answer on the same API with other engines; they are services of their own and left out here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hipaa_tui.aws.declared import Read
from hipaa_tui.aws.declared import tags_of as tags_in
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, Operation, Target
from hipaa_tui.support.json_value import Json

NOT_RDS: Final = frozenset({"docdb", "neptune"})
_NAME: Final = re.compile(r"(?!db-[A-Z0-9]{20,}$)[A-Za-z][A-Za-z0-9-]{0,62}")
"""A resource id (db-ABC…) is no name: no call takes it."""


def operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("rds", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call in the target's region."""
    return Call("aws", "rds", operation, arguments, target.region)


TAGS: Final = Read("rds", "ListTagsForResource", "TagList", {"ResourceName": "{id}"})
"""The tags of anything in RDS that has an ARN."""
INSTANCE: Final = Read(
    *("rds", "DescribeDBInstances", "DBInstances.0", {"DBInstanceIdentifier": "{name}"}),
    gone=("DBInstanceNotFound", "DBInstanceNotFoundFault"),
    empty="gone",
)
CLUSTER: Final = Read(
    *("rds", "DescribeDBClusters", "DBClusters.0", {"DBClusterIdentifier": "{name}"}),
    gone=("DBClusterNotFoundFault", "DBClusterNotFound"),
    empty="gone",
)


class _Databases(Named):
    """What instances and clusters have in common."""

    service = "rds"
    pattern = _NAME
    tagging = TAGS

    def own(self, item: Json, account: str) -> bool:
        return str(item.get("Engine")) not in NOT_RDS

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        # RDS keeps names in lower case, however they were written.
        named = super().target(id, account, region, partition)
        if named is None or named.name == named.name.lower():
            return named
        return super().target(named.id.removesuffix(named.name) + named.name.lower(), account, region)


class Instances(_Databases):
    name = "AWS::RDS::DBInstance"
    title = "DB instance"
    kind = "db:"
    listing = Read("rds", "DescribeDBInstances", "DBInstances")
    field = "DBInstanceIdentifier"


class Clusters(_Databases):
    name = "AWS::RDS::DBCluster"
    title = "DB cluster"
    kind = "cluster:"
    listing = Read("rds", "DescribeDBClusters", "DBClusters")
    field = "DBClusterIdentifier"


def tags_of(cloud: Cloud, target: Target) -> dict[str, str]:
    """The tags of anything in RDS that has an ARN. Raises CloudError."""
    return tags_in(TAGS.answer(cloud, target))


def instance_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The instance as DescribeDBInstances returns it; empty where it is not there. Raises CloudError."""
    return dict(INSTANCE.ask(cloud, target) or {})


def cluster_of(cloud: Cloud, target: Target, name: str = "") -> dict[str, Any]:
    """The cluster as DescribeDBClusters returns it; empty where it is not there. Raises CloudError."""
    named = replace(target, name=name) if name else target
    return dict(CLUSTER.ask(cloud, named) or {})


def aurora(about: Mapping[str, Any]) -> bool:
    """Is it Aurora? Any other member of a cluster is one of a Multi-AZ DB cluster."""
    return str(about.get("Engine") or "").startswith("aurora")


RESOURCE_TYPES = (Instances(), Clusters())
