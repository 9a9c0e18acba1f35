"""Checks RDS databases and Redshift clusters before a change: status, pending changes, downtime, cost and support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.rds.parameter_groups import RDS
from hipaa_tui.aws.rds.settings import aurora, cluster_of, instance_of
from hipaa_tui.aws.redshift.settings import cluster_of as redshift_cluster_of
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.support.json_value import at

_REDSHIFT: Final = "AWS::Redshift::Cluster"
_CLUSTER: Final = "AWS::RDS::DBCluster"
_MODIFIABLE: Final = ("available", "storage-optimization")
_CLUSTER_ONLY: Final = (
    "aws.rds.instance-public-access",
    "aws.rds.instance-minor-upgrades",
    "aws.rds.instance-monitoring",
)
"""Settings of an Aurora instance that a member of a Multi-AZ DB cluster takes from its cluster."""
_INSTANCE_SETTINGS: Final = "aws.rds.instance-"
_NO_MULTI_AZ: Final = ("sqlserver-ex", "custom-")
_LOGS_STATEMENTS: Final = {"general_log": ("1", "ON"), "log_statement": ("all", "mod", "ddl")}
"""Parameters that log whole statements, with the values that turn this on."""


def _described(context: GuardContext) -> dict[str, Any]:
    if context.target.type == _REDSHIFT:
        return redshift_cluster_of(context.cloud, context.target)
    if context.target.type == _CLUSTER:
        return cluster_of(context.cloud, context.target)
    return instance_of(context.cloud, context.target)


def database_settled(context: GuardContext) -> Verdict:
    """Blocks when the database is not available, is a member of a Multi-AZ DB cluster, or has other pending changes.

    ApplyImmediately also applies every pending change (Amazon RDS API Reference, "ModifyDBInstance").
    Without it, other pending changes are a warning.
    """
    database = _described(context)
    status = str(
        database.get("DBInstanceStatus")
        or database.get("ClusterStatus")
        or database.get("Status")
        or "missing"
    )
    if status not in _MODIFIABLE:
        return Outcome.BLOCK, f"the database is {status}: wait until it is available, then plan again"
    member = (
        str(database.get("DBClusterIdentifier") or "")
        if context.target.type == "AWS::RDS::DBInstance"
        else ""
    )
    if member and not aurora(database) and any(draft.setting in _CLUSTER_ONLY for draft in context.changes):
        return (
            Outcome.BLOCK,
            f"it is a member of the Multi-AZ DB cluster {member}, and RDS changes this only for the whole cluster: "
            "change the cluster",
        )
    waiting = sorted(key for key, value in (database.get("PendingModifiedValues") or {}).items() if value)
    others = [key for key in waiting if not any(key in (draft.after or {}) for draft in context.changes)]
    if not others:
        return Outcome.PASS, f"the database is {status} and has no other pending changes"
    pending = f"other changes are pending for its maintenance window ({', '.join(others)})"
    if any(
        draft.after.get("ApplyImmediately") for draft in context.changes if isinstance(draft.after, Mapping)
    ):
        return (
            Outcome.BLOCK,
            f"{pending} and would be applied immediately with this one: answer apply_immediately=false, or wait for "
            "them",
        )
    return Outcome.WARN, pending


def database_window(context: GuardContext) -> Verdict:
    """Warns when a change interrupts the database or waits for the maintenance window; passes when it does neither."""
    draft = next(
        (change for change in context.changes if change.setting.startswith(_INSTANCE_SETTINGS)), None
    )
    if draft is None:
        return Outcome.PASS, "no setting of the database changes"
    window = str(_described(context).get("PreferredMaintenanceWindow") or "of the database")
    before, after = draft.before or {}, draft.after
    if "AutoMinorVersionUpgrade" in after:
        return (
            Outcome.WARN,
            f"minor version upgrades will restart it in the maintenance window {window} (UTC): move the window if the "
            "database is busy then",
        )
    first = not before.get("BackupRetentionPeriod", 1) and bool(after.get("BackupRetentionPeriod"))
    if "BackupRetentionPeriod" in after and (not first or before.get("Cluster")):
        return (
            Outcome.PASS,
            "a longer backup retention period takes effect immediately and without interruption",
        )
    if after.get("ApplyImmediately"):
        impact = (
            "I/O is suspended for seconds to minutes"
            if first
            else "the database is slower until it completes"
        )
        return Outcome.WARN, f"the change is applied immediately: {impact}"
    if before.get("Cluster") and "MultiAZ" not in after:
        return Outcome.PASS, f"the cluster {before['Cluster']} applies the change"
    return (
        Outcome.WARN,
        f"the change waits for the maintenance window {window} (UTC) and stays unverified until then: verify it "
        "after the window, or answer apply_immediately=true",
    )


def standby_cost(context: GuardContext) -> Verdict:
    """Blocks engines without Multi-AZ; warns that a Multi-AZ standby doubles the price."""
    instance = instance_of(context.cloud, context.target)
    engine, size = str(instance.get("Engine") or ""), str(instance.get("DBInstanceClass") or "")
    if engine.startswith(_NO_MULTI_AZ):
        return (
            Outcome.BLOCK,
            f"{engine} does not support Multi-AZ: move to an edition that does, or take backups more often",
        )
    if not any("MultiAZ" in (draft.after or {}) for draft in context.changes):
        return Outcome.PASS, "no Multi-AZ standby is added"
    gigabytes = int(instance.get("AllocatedStorage") or 0)
    return (
        Outcome.WARN,
        f"the price of {size} and of its {gigabytes} GB of storage doubles, and each write waits milliseconds for the "
        "standby's acknowledgment",
    )


def iam_login_engine(context: GuardContext) -> Verdict:
    """Blocks engines and versions that do not support it (Amazon RDS User Guide, "IAM database authentication")."""
    instance = instance_of(context.cloud, context.target)
    engine, version = str(instance.get("Engine") or ""), str(instance.get("EngineVersion") or "")
    supported = engine.removeprefix("aurora-") in {"mysql", "postgresql", "postgres", "mariadb"}
    if not supported:
        return Outcome.BLOCK, f"{engine} does not support IAM database authentication"
    if engine == "mariadb" and _numbers(version) < (10, 6):
        return (
            Outcome.BLOCK,
            f"MariaDB supports IAM database authentication from 10.6 on, and this is {version}: upgrade first",
        )
    return (
        Outcome.PASS,
        "password logins keep working; a user can log in with IAM once it is granted rds_iam or the plugin",
    )


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())


def logs_hold_queries(context: GuardContext) -> Verdict:
    """Warns when the parameter group logs whole statements, which can contain PHI, or could not be checked."""
    instance = instance_of(context.cloud, context.target)
    group = str(at(instance, "DBParameterGroups.0.DBParameterGroupName") or "")
    parameters = RDS.found(context.cloud, context.target, group) if group else []
    logging = [
        f"{parameter['ParameterName']}={parameter['ParameterValue']}"
        for parameter in parameters
        if str(parameter.get("ParameterValue"))
        in _LOGS_STATEMENTS.get(str(parameter.get("ParameterName")), ())
    ]
    if logging:
        return (
            Outcome.WARN,
            f"the parameter group {group} has {', '.join(logging)}, so the logs contain statements with PHI: "
            "restrict read access to the log groups as tightly as to the database",
        )
    if instance.get("DBClusterIdentifier"):
        return (
            Outcome.WARN,
            "the cluster parameter group was not checked: it may write whole statements to the logs",
        )
    return Outcome.PASS, "its parameter group does not log whole statements"


def snapshot_restorers(context: GuardContext) -> Verdict:
    """Names the accounts that keep access to the snapshot once it is private; warns when there are none."""
    draft: PlannedChange | None = next(
        (change for change in context.changes if change.setting == "aws.rds.snapshot-sharing"), None
    )
    accounts: Sequence[str] = draft.after["Restore"] if draft else []
    if accounts:
        return Outcome.PASS, f"only {', '.join(accounts)} can still restore the snapshot"
    return (
        Outcome.WARN,
        "the snapshot is shared with no named account, so restores from any other account will be refused",
    )


GUARDS = {
    "database-settled": database_settled,
    "database-window": database_window,
    "standby-cost": standby_cost,
    "iam-login-engine": iam_login_engine,
    "database-logs-hold-queries": logs_hold_queries,
    "snapshot-restorers": snapshot_restorers,
}
BLOCK_ON_ERROR = ("database-settled", "iam-login-engine")
