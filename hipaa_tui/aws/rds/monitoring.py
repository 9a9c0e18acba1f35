"""What a DB instance tells of itself: its logs in CloudWatch, and the measurements of its operating system."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Write, number, text
from hipaa_tui.aws.rds.settings import INSTANCE, Instances, call, cluster_of, instance_of, operations
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_SQL: Final = ("error", "general", "slowquery")
_WANTED: Final[dict[str, tuple[str, ...]]] = {
    "aurora-postgresql": ("postgresql",),
    "aurora": ("audit", *_SQL),
    "postgres": ("postgresql", "upgrade"),
    "mysql": ("audit", *_SQL),
    "mariadb": ("audit", *_SQL),
    "oracle": ("alert", "audit", "listener", "trace"),
    "custom-oracle": (),
    "sqlserver": ("agent", "error"),
    "custom-sqlserver": (),
    "db2": ("diag.log",),
}
"""The logs that AWS Security Hub asks for (RDS.9), by how the engine's name begins.
https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-9"""


def logs_of(engine: str, *, clustered: bool = False) -> tuple[str, ...]:
    """The logs that an engine is to publish; none where it is not known. A Multi-AZ DB cluster has no audit log."""
    for start, names in _WANTED.items():
        if engine.startswith(start):
            without = {"audit"} if clustered and engine == "mysql" else set()
            return tuple(name for name in names if name not in without)
    return ()


class Logs(Setting):
    """{"Types": [published logs], "Missing": [of those asked for], "Engine", "Cluster"?}"""

    id = "aws.rds.instance-logs"
    title = "Logs in CloudWatch"
    resource = Instances.name
    reads = operations("DescribeDBInstances", "DescribeDBClusters")
    writes = operations("ModifyDBInstance", "ModifyDBCluster")
    settle_seconds = 900.0
    terraform = ("aws_db_instance",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = instance_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        engine, cluster = str(about.get("Engine") or ""), str(about.get("DBClusterIdentifier") or "")
        whole = cluster_of(cloud, target, cluster) if cluster else about
        types = sorted(map(str, whole.get("EnabledCloudwatchLogsExports") or []))
        value: dict[str, Json] = {"Types": types, "Missing": [], "Engine": engine}
        value["Missing"] = sorted(set(logs_of(engine, clustered=bool(cluster))) - set(types))
        if cluster:
            value["Cluster"] = cluster
        waits = (whole.get("PendingModifiedValues") or {}).get("PendingCloudwatchLogsExports") or {}
        return Reading(value, {"DBInstanceIdentifier": target.name, "Arn": target.id, "Pending": waits})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have, want = set(before.value["Types"]), set(after["Types"])
        both = {"EnableLogTypes": sorted(want - have), "DisableLogTypes": sorted(have - want)}
        given = {name: types for name, types in both.items() if types}
        cluster = before.value.get("Cluster")
        operation = "ModifyDBCluster" if cluster else "ModifyDBInstance"
        which = {"DBClusterIdentifier": cluster} if cluster else {"DBInstanceIdentifier": target.name}
        return [call(target, operation, **which, CloudwatchLogsExportConfiguration=given)] if given else []

    def canonical(self, value: Json) -> Json:
        return sorted(value["Types"])


class Monitoring(Declared):
    """{"MonitoringInterval": seconds, 0 is none, "MonitoringRoleArn"?, "Engine"}"""

    id = "aws.rds.instance-monitoring"
    title = "Enhanced Monitoring"
    resource = Instances.name
    reading = INSTANCE
    fields = {
        "MonitoringInterval": number("MonitoringInterval"),
        "MonitoringRoleArn": text("MonitoringRoleArn", None),
        "Engine": text("Engine"),
    }
    identity = {"DBInstanceIdentifier": "{name}", "Arn": "{id}"}
    identity_when_gone = True
    writing = Write(
        *("rds", "ModifyDBInstance"), arguments={"DBInstanceIdentifier": "{name}"}, also=("iam:PassRole",)
    )
    settle_seconds = 900.0
    # A role that was made a moment ago is not known everywhere.
    retry_codes = ("InvalidParameterValue",)
    terraform = ("aws_db_instance",)

    def value(self, found: Any) -> Json:
        value = super().value(found)
        if not value["MonitoringInterval"]:
            value.pop("MonitoringRoleArn", None)
        return value

    def sent(self, before: Reading, after: Json) -> Json:
        return {key: item for key, item in after.items() if key.startswith("Monitoring")}

    def canonical(self, value: Json) -> Json:
        return [value["MonitoringInterval"], value.get("MonitoringRoleArn") or ""]


def with_database_logs(current: Json, _wanted: Json) -> Json:
    """Every log that is asked for of the engine, beside those that are published already."""
    if current is ABSENT:
        raise ValueError("there is no such DB instance")
    if not logs_of(current["Engine"]):
        raise ValueError(f"{current['Engine']}: it is not known which logs RDS publishes of it")
    return {**current, "Types": sorted({*current["Types"], *current["Missing"]}), "Missing": []}


SETTINGS = (Logs(), Monitoring())
BUILDERS = {"with_database_logs": with_database_logs}
