"""Looks at databases of RDS and Redshift before a change: are they at rest, what waits already, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.rds.parameter_groups import RDS
from hipaa_tui.aws.rds.settings import aurora, cluster_of, instance_of
from hipaa_tui.aws.redshift.settings import cluster_of as warehouse_of
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import at

_REDSHIFT: Final = "AWS::Redshift::Cluster"
_CLUSTER: Final = "AWS::RDS::DBCluster"
_TAKES_CHANGES: Final = ("available", "storage-optimization")
_OF_THE_CLUSTER: Final = (
    "aws.rds.instance-public-access",
    "aws.rds.instance-minor-upgrades",
    "aws.rds.instance-monitoring",
)
"""What an Aurora instance has for itself, and a member of a Multi-AZ DB cluster does not."""
_WAITS: Final = "aws.rds.instance-"
_NO_STANDBY: Final = ("sqlserver-ex", "custom-")
_QUERIES: Final = {"general_log": ("1", "ON"), "log_statement": ("all", "mod", "ddl")}
"""Parameters that write queries to a log, and the values with which they do."""


def _about(look: Look) -> dict[str, Any]:
    if look.target.type == _REDSHIFT:
        return warehouse_of(look.cloud, look.target)
    if look.target.type == _CLUSTER:
        return cluster_of(look.cloud, look.target)
    return instance_of(look.cloud, look.target)


def database_settled(look: Look) -> Verdict:
    """Blocks a database that is not at rest, a member of what takes the change as a whole, and others' waiting changes.

    ApplyImmediately applies whatever waits (Amazon RDS API Reference, "ModifyDBInstance").
    """
    about = _about(look)
    status = str(about.get("DBInstanceStatus") or about.get("ClusterStatus") or about.get("Status") or "gone")
    if status not in _TAKES_CHANGES:
        return Outcome.BLOCK, f"it is {status}: it takes a change once it is available"
    member = str(about.get("DBClusterIdentifier") or "") if look.target.type == "AWS::RDS::DBInstance" else ""
    if member and not aurora(about) and any(draft.setting in _OF_THE_CLUSTER for draft in look.changes):
        return (
            Outcome.BLOCK,
            f"it is a member of the Multi-AZ DB cluster {member}, which RDS changes only as a whole: change the cluster",
        )
    waiting = sorted(key for key, item in (about.get("PendingModifiedValues") or {}).items() if item)
    others = [key for key in waiting if not any(key in (draft.after or {}) for draft in look.changes)]
    if not others:
        return Outcome.PASS, f"it is {status}, and nothing else waits"
    said = f"other changes of it wait for its window ({', '.join(others)})"
    if any(draft.after.get("ApplyImmediately") for draft in look.changes if isinstance(draft.after, Mapping)):
        return (
            Outcome.BLOCK,
            f"{said} and would be made at once with this one: say apply_immediately=false, or wait for them",
        )
    return Outcome.WARN, said


def database_window(look: Look) -> Verdict:
    """Says when a change takes effect that can wait for the maintenance window, and what it interrupts."""
    draft = next((one for one in look.changes if one.setting.startswith(_WAITS)), None)
    if draft is None:
        return Outcome.PASS, "nothing changes on the database"
    window = str(_about(look).get("PreferredMaintenanceWindow") or "its maintenance window")
    before, after = draft.before or {}, draft.after
    if "AutoMinorVersionUpgrade" in after:
        return (
            Outcome.WARN,
            f"from now on an upgrade restarts it in the window {window} (UTC): move that if it is busy then",
        )
    first = not before.get("BackupRetentionPeriod", 1) and bool(after.get("BackupRetentionPeriod"))
    if "BackupRetentionPeriod" in after and (not first or before.get("Cluster")):
        return Outcome.PASS, "more days of what is kept already take effect at once, without interruption"
    if after.get("ApplyImmediately"):
        what = "reads and writes stop for seconds to minutes" if first else "the database is slower meanwhile"
        return Outcome.WARN, f"it is made at once: {what}"
    if before.get("Cluster") and "MultiAZ" not in after:
        return Outcome.PASS, f"the cluster {before['Cluster']} takes it"
    return (
        Outcome.WARN,
        f"it waits for the window {window} (UTC) and counts as not verified until then: verify after it, or say "
        "apply_immediately=true",
    )


def standby_cost(look: Look) -> Verdict:
    """Warns that a standby doubles the price, and blocks what has none."""
    about = instance_of(look.cloud, look.target)
    engine, size = str(about.get("Engine") or ""), str(about.get("DBInstanceClass") or "")
    if engine.startswith(_NO_STANDBY):
        return (
            Outcome.BLOCK,
            f"{engine} has no standby: move to an edition that has one, or take backups more often",
        )
    if not any("MultiAZ" in (draft.after or {}) for draft in look.changes):
        return Outcome.PASS, "no standby is made"
    held = int(about.get("AllocatedStorage") or 0)
    return (
        Outcome.WARN,
        f"the price of {size} and of its {held} GB doubles, and each write waits for the standby's answer "
        "(milliseconds)",
    )


def iam_login_engine(look: Look) -> Verdict:
    """Blocks engines and versions without login by IAM (Amazon RDS User Guide, "IAM database authentication")."""
    about = instance_of(look.cloud, look.target)
    engine, version = str(about.get("Engine") or ""), str(about.get("EngineVersion") or "")
    known = engine.removeprefix("aurora-") in {"mysql", "postgresql", "postgres", "mariadb"}
    if not known:
        return Outcome.BLOCK, f"{engine} has no login by IAM"
    if engine == "mariadb" and _numbers(version) < (10, 6):
        return Outcome.BLOCK, f"MariaDB has login by IAM from 10.6 on, and this is {version}: upgrade first"
    return (
        Outcome.PASS,
        "passwords go on as before; users come in by IAM once they are granted rds_iam or the plugin",
    )


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())


def logs_hold_queries(look: Look) -> Verdict:
    """Warns where the database writes whole queries to its logs, which can be patients' data."""
    about = instance_of(look.cloud, look.target)
    group = str(at(about, "DBParameterGroups.0.DBParameterGroupName") or "")
    listed = RDS.found(look.cloud, look.target, group) if group else []
    found = [
        f"{one['ParameterName']}={one['ParameterValue']}"
        for one in listed
        if str(one.get("ParameterValue")) in _QUERIES.get(str(one.get("ParameterName")), ())
    ]
    if found:
        return (
            Outcome.WARN,
            f"{group} has {', '.join(found)}: the logs repeat queries with patients' data, so let as few read the log "
            "groups as the database itself",
        )
    if about.get("DBClusterIdentifier"):
        return Outcome.WARN, "whether its cluster's parameters write queries to the logs was not looked at"
    return Outcome.PASS, "its parameters write no whole queries to the logs"


def cluster_can_encrypt(look: Look) -> Verdict:
    """Blocks what Redshift would refuse, and says how long it only reads (Management Guide, "Database encryption")."""
    about = warehouse_of(look.cloud, look.target)
    if about.get("ClusterSnapshotCopyStatus"):
        region = at(about, "ClusterSnapshotCopyStatus.DestinationRegion")
        return (
            Outcome.BLOCK,
            f"its snapshots are copied to {region}, which needs a snapshot copy grant for a key there: make that and "
            "turn the copying off meanwhile",
        )
    if at(about, "HsmStatus.Status"):
        return Outcome.BLOCK, "its keys are in an HSM: that is changed by hand"
    node = str(about.get("NodeType") or "")
    if node.startswith("ra3"):
        return (
            Outcome.WARN,
            f"{node}: it restarts, and is slower until its blocks are encrypted in the background",
        )
    return (
        Outcome.WARN,
        f"{node}: the data moves to a new cluster, and it only reads meanwhile, for hours to days",
    )


def routes_to_storage(look: Look) -> Verdict:
    """Blocks where COPY and UNLOAD would no longer find S3: all goes through the VPC from then on."""
    about = warehouse_of(look.cloud, look.target)
    vpc = str(about.get("VpcId") or "")
    if not vpc:
        return (
            Outcome.WARN,
            "its VPC is not known: see that S3 is reached from it (an S3 endpoint or a NAT gateway)",
        )
    asked = {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}
    found = look.cloud.pages(
        Call("aws", "ec2", "DescribeVpcEndpoints", asked, look.target.region), "VpcEndpoints"
    )
    ways = [one for one in found if str(one.get("ServiceName", "")).endswith(".s3")]
    if ways:
        return Outcome.PASS, f"{vpc} reaches S3 by {ways[0].get('VpcEndpointId')}"
    asked = {"Filter": [{"Name": "vpc-id", "Values": [vpc]}]}
    gates = look.cloud.pages(
        Call("aws", "ec2", "DescribeNatGateways", asked, look.target.region), "NatGateways"
    )
    if gates:
        return (
            Outcome.WARN,
            f"{vpc} reaches S3 by {gates[0].get('NatGatewayId')} alone, which charges for each GB",
        )
    said = f"{vpc} has no S3 endpoint and no NAT gateway: COPY, UNLOAD and Spectrum would find no way to S3"
    if look.parameters.get("routes_checked"):
        return Outcome.WARN, said
    return Outcome.BLOCK, f"{said}; make an S3 gateway endpoint (free), or say routes_checked=true"


def snapshot_restorers(look: Look) -> Verdict:
    """Says who may restore a snapshot after it is closed, and warns where nobody is named."""
    draft: Draft | None = next((d for d in look.changes if d.setting == "aws.rds.snapshot-sharing"), None)
    named: Sequence[str] = draft.after["Restore"] if draft else []
    if named:
        return Outcome.PASS, f"{', '.join(named)} may restore it as before, and nobody else"
    return Outcome.WARN, "no account is named: whoever restores it from another account today is refused"


GUARDS = {
    "database-settled": database_settled,
    "database-window": database_window,
    "standby-cost": standby_cost,
    "iam-login-engine": iam_login_engine,
    "database-logs-hold-queries": logs_hold_queries,
    "cluster-can-encrypt": cluster_can_encrypt,
    "routes-to-storage": routes_to_storage,
    "snapshot-restorers": snapshot_restorers,
}
CAUTIOUS = ("database-settled", "cluster-can-encrypt", "routes-to-storage", "iam-login-engine")
