"""Finds database clients that would be cut off: those on the Internet, and those without TLS."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hipaa_tui.aws.ec2.ingress import flattened
from hipaa_tui.aws.ec2.lookups import covers, listed, pages
from hipaa_tui.aws.rds.settings import instance_of
from hipaa_tui.aws.redshift.settings import cluster_of
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import Json, at

_REDSHIFT: Final = "AWS::Redshift::Cluster"
_DAYS: Final = 14
_CLUSTER: Final = "AWS::RDS::DBCluster"
_TRANSPORT: Final = ("aws.rds.instance-transport", "aws.rds.cluster-transport", "aws.redshift.transport")


def outside_clients(context: GuardContext) -> Verdict:
    """Blocks when the security groups admit the Internet and CloudWatch counted connections in the last 14 days.

    Warns when there are no connection metrics, or when clients_checked is answered.
    """
    redshift = context.target.type == _REDSHIFT
    database = (cluster_of if redshift else instance_of)(context.cloud, context.target)
    port = int(at(database, "Endpoint.Port") or database.get("DbInstancePort") or 0)
    groups = [str(membership["VpcSecurityGroupId"]) for membership in database.get("VpcSecurityGroups") or []]
    outside = _outside(context, groups, port)
    if not outside:
        return Outcome.PASS, "its security groups admit no public address"
    connections = _connections(context, "AWS/Redshift" if redshift else "AWS/RDS", redshift=redshift)
    exposure = f"its security groups admit {listed(outside)}"
    if connections == 0:
        return Outcome.PASS, f"{exposure}, but nothing connected in {_DAYS} days"
    if connections is None:
        return (
            Outcome.WARN,
            f"{exposure}, and CloudWatch has no figures for its connections: make sure that no client connects from "
            "outside the VPC",
        )
    in_use = f"{exposure}, and it had up to {connections:.0f} connections at once in {_DAYS} days"
    if context.parameters.get("clients_checked"):
        return Outcome.WARN, f"{in_use}: clients outside the VPC will be cut off"
    return (
        Outcome.BLOCK,
        f"{in_use}: clients outside the VPC would be cut off; give them a VPN, a bastion or a proxy first, then "
        "answer clients_checked=true",
    )


def _outside(context: GuardContext, groups: list[str], port: int) -> list[str]:
    """The public networks that the security groups admit on the port."""
    networks: set[str] = set()
    for group in (
        pages(context, "ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=groups) if groups else []
    ):
        for rule in flattened(group.get("IpPermissions") or [], context.target.account):
            if covers(rule, [port]) and _public(str(rule["source"])):
                networks.add(str(rule["source"]))
    return sorted(networks)


def _public(source: str) -> bool:
    try:
        network = ipaddress.ip_network(source, strict=False)
    except ValueError:
        return False  # a security group or a prefix list: not open to the Internet as such
    return not network.is_private


def _connections(context: GuardContext, namespace: str, *, redshift: bool) -> float | None:
    """The highest number of concurrent connections; None when CloudWatch has no data points."""
    now = datetime.now(UTC)
    name = "ClusterIdentifier" if redshift else "DBInstanceIdentifier"
    request: dict[str, Json] = {
        "Namespace": namespace,
        "MetricName": "DatabaseConnections",
        "Dimensions": [{"Name": name, "Value": context.target.name}],
        "StartTime": (now - timedelta(days=_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": ["Maximum"],
    }
    statistics = context.cloud.call(
        Call("aws", "cloudwatch", "GetMetricStatistics", request, context.target.region)
    )
    points = statistics.get("Datapoints") or []
    return max(float(point["Maximum"]) for point in points) if points else None


def plain_database_clients(context: GuardContext) -> Verdict:
    """Blocks when other databases share the parameter group and clients_checked is not answered.

    Otherwise warns that clients without TLS will be refused: AWS does not report who they are.
    """
    draft = next((change for change in context.changes if change.setting in _TRANSPORT), None)
    if draft is None:
        return Outcome.PASS, "the TLS requirement does not change"
    before: Mapping[str, Any] = draft.before
    if before["Group"] != draft.after["Group"]:
        return (
            Outcome.WARN,
            f"{before['Group']} is a default parameter group and cannot be changed: the new group takes effect at "
            "the next reboot, and the change stays unverified until then",
        )
    sharing = [name for name in _users(context, str(before["Group"])) if name != context.target.name]
    if sharing and not context.parameters.get("clients_checked"):
        return (
            Outcome.BLOCK,
            f"{listed(sharing)} also use the parameter group {before['Group']} and would refuse connections without "
            "TLS as well: check their clients, then answer clients_checked=true",
        )
    reboot = "" if before.get("ApplyType") == "dynamic" else "; it may take effect only after a reboot"
    also = f"; the same goes for {listed(sharing)}" if sharing else ""
    return (
        Outcome.WARN,
        "clients without TLS will be refused, and AWS does not report who they are: query the database "
        f"(pg_stat_ssl, Ssl_cipher, stl_connection_log){also}{reboot}",
    )


def _users(context: GuardContext, group: str) -> list[str]:
    """Identifiers of the databases that use the parameter group."""
    if context.target.type == _CLUSTER:
        clusters = pages(context, "rds", "DescribeDBClusters", "DBClusters")
        members = [database for database in clusters if database.get("DBClusterParameterGroup") == group]
        return sorted(str(database["DBClusterIdentifier"]) for database in members)
    if context.target.type == _REDSHIFT:
        databases = pages(context, "redshift", "DescribeClusters", "Clusters")
        kind, name, id = "ClusterParameterGroups", "ParameterGroupName", "ClusterIdentifier"
    else:
        databases = pages(context, "rds", "DescribeDBInstances", "DBInstances")
        kind, name, id = "DBParameterGroups", "DBParameterGroupName", "DBInstanceIdentifier"
    return sorted(
        str(database[id])
        for database in databases
        if any(member.get(name) == group for member in database.get(kind) or [])
    )


GUARDS = {"outside-database-clients": outside_clients, "plain-database-clients": plain_database_clients}
BLOCK_ON_ERROR = ("outside-database-clients", "plain-database-clients")
