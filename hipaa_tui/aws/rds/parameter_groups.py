"""Parameter groups of RDS and of Redshift, made for one database, since AWS's own (default.…) cannot be changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hipaa_tui.aws.declared import Read, tags_of
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

DEFAULT: Final = "default."
"""How the names of AWS's own groups begin."""
OWN: Final = "hipaa-tui-tls-"
_NOT_FOUND: Final = ("DBParameterGroupNotFound", "DBParameterGroupNotFoundFault")
"""What RDS answers of either kind of its groups."""
_PATTERN: Final = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,254}")
_TAGS: Final = [{"Key": "managed-by", "Value": "hipaa-tui"}]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a service calls its groups."""

    id: str
    service: str
    what: str
    name: str
    family: str
    groups: str
    parameters: str
    type: str
    terraform: str
    applied: tuple[str, str]

    @property
    def missing(self) -> tuple[str, ...]:
        return *_NOT_FOUND, f"{self.what}NotFound", f"{self.what}NotFoundFault"

    def operations(self, *names: str) -> tuple[Operation, ...]:
        return tuple(Operation(self.service, name) for name in names)

    def call(self, target: Target, operation: str, **arguments: Json) -> Call:
        return Call("aws", self.service, operation, arguments, target.region)

    def group(self, cloud: Cloud, target: Target, name: str) -> dict[str, Any]:
        """What is said of the group; empty where it is not there."""
        try:
            found = cloud.call(self.call(target, f"Describe{self.what}s", **{self.name: name}))
        except CloudError as error:
            absent_on(self.missing, error)
            return {}
        return dict(next(iter(found.get(self.groups) or []), {}))

    def found(self, cloud: Cloud, target: Target, group: str, **more: Json) -> list[dict[str, Any]]:
        """The group's parameters; none where it is not there."""
        asked = self.call(target, f"Describe{self.parameters}", **{self.name: group, **more})
        try:
            listed: list[Any] = cloud.pages(asked, "Parameters")
        except CloudError as error:
            absent_on(self.missing, error)
            return []
        return [dict(one) for one in listed]


RDS: Final = _Kind(
    "aws.rds.parameter-group",
    "rds",
    "DBParameterGroup",
    "DBParameterGroupName",
    "DBParameterGroupFamily",
    "DBParameterGroups",
    "DBParameters",
    "AWS::RDS::DBParameterGroup",
    "aws_db_parameter_group",
    ("ApplyMethod", "pending-reboot"),
)
RDS_CLUSTER: Final = _Kind(
    "aws.rds.cluster-parameter-group",
    "rds",
    "DBClusterParameterGroup",
    "DBClusterParameterGroupName",
    "DBParameterGroupFamily",
    "DBClusterParameterGroups",
    "DBClusterParameters",
    "AWS::RDS::DBClusterParameterGroup",
    "aws_rds_cluster_parameter_group",
    ("ApplyMethod", "pending-reboot"),
)
REDSHIFT: Final = _Kind(
    "aws.redshift.parameter-group",
    "redshift",
    "ClusterParameterGroup",
    "ParameterGroupName",
    "ParameterGroupFamily",
    "ParameterGroups",
    "ClusterParameters",
    "AWS::Redshift::ClusterParameterGroup",
    "aws_redshift_parameter_group",
    ("ApplyType", "static"),
)


class RdsGroups(Named):
    name = RDS.type
    title = "DB parameter group"
    service = "rds"
    kind = "pg:"
    pattern = _PATTERN
    listing = Read("rds", "DescribeDBParameterGroups", RDS.groups)
    field = RDS.name
    tagging = Read("rds", "ListTagsForResource", "TagList", {"ResourceName": "{id}"})

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        # A playbook names the group that it makes by its name alone.
        named = self.target(target.name, target.account, target.region, target.partition)
        return super().tags(cloud, named or target)


class RdsClusterGroups(RdsGroups):
    name = RDS_CLUSTER.type
    title = "DB cluster parameter group"
    kind = "cluster-pg:"
    listing = Read("rds", "DescribeDBClusterParameterGroups", RDS_CLUSTER.groups)
    field = RDS_CLUSTER.name


class RedshiftGroups(Named):
    name = REDSHIFT.type
    title = "Redshift parameter group"
    service = "redshift"
    kind = "parametergroup:"
    pattern = _PATTERN
    listing = Read("redshift", "DescribeClusterParameterGroups", REDSHIFT.groups)
    field = REDSHIFT.name

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(REDSHIFT.group(cloud, target, target.name).get("Tags"))


class ParameterGroup(Setting):
    """{"Family", "Parameters": {name: value that somebody set}}"""

    title = "Parameter group"
    creates_resource = True
    kept_on_rollback = "a database may use it until its next reboot; it costs nothing"
    settle_seconds = 120.0

    def __init__(self, kind: _Kind) -> None:
        what = kind.what
        self.kind = kind
        self.id = kind.id
        self.resource = kind.type
        self.reads = kind.operations(f"Describe{what}s", f"Describe{kind.parameters}")
        self.writes = kind.operations(f"Create{what}", f"Modify{what}")
        self.retry_codes = (*kind.missing, f"Invalid{what}State")
        self.terraform = (kind.terraform,)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = self.kind.group(cloud, target, target.name)
        if not about:
            return Reading(ABSENT)
        listed = self.kind.found(cloud, target, target.name, Source="user")
        own = {
            str(one["ParameterName"]): str(one.get("ParameterValue") or "")
            for one in listed
            if one.get("Source", "user") == "user"
        }
        value = {"Family": str(about.get(self.kind.family) or ""), "Parameters": dict(sorted(own.items()))}
        return Reading(value, {"Name": target.name, "Description": str(about.get("Description") or "")})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        kind, calls = self.kind, list[Call]()
        have = {} if before.absent else before.value["Parameters"]
        if before.absent:
            named = {kind.name: target.name, kind.family: after["Family"]}
            text = "TLS only (hipaa-tui)"
            calls.append(kind.call(target, f"Create{kind.what}", **named, Description=text, Tags=_TAGS))
        how, when = kind.applied
        parameters: list[Json] = [
            {"ParameterName": name, "ParameterValue": value, how: when}
            for name, value in sorted(after["Parameters"].items())
            if have.get(name) != value
        ]
        if parameters:
            given = {kind.name: target.name, "Parameters": parameters}
            calls.append(kind.call(target, f"Modify{kind.what}", **given))
        return calls

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [{**after, "Parameters": {}}] if before is ABSENT and after is not ABSENT else []

    def planned_identity(self, target: Target, after: Json) -> Mapping[str, Json]:
        return {"Name": target.name}


def parameter_group(current: Json, wanted: Json) -> Json:
    """A group of {"family"} with {"parameter"} at {"value"}, beside whatever else is set in it.

    Only where the database is in one of AWS's own ({"group"}): a group that is yours is changed where it is.
    """
    if not str(wanted["group"]).startswith(DEFAULT):
        return current
    have = {} if current is ABSENT else current["Parameters"]
    if not wanted["family"] or not wanted["parameter"]:
        raise ValueError("the family of its parameter group, or its parameter for TLS, is not known")
    return {"Family": wanted["family"], "Parameters": {**have, wanted["parameter"]: wanted["value"]}}


RESOURCE_TYPES = (RdsGroups(), RdsClusterGroups(), RedshiftGroups())
SETTINGS = (ParameterGroup(RDS), ParameterGroup(RDS_CLUSTER), ParameterGroup(REDSHIFT))
BUILDERS = {"parameter_group": parameter_group}
