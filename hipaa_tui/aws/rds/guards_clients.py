"""Looks for clients of a database that would be refused: those from outside, and those without TLS."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hipaa_tui.aws.ec2.ingress import flattened
from hipaa_tui.aws.ec2.lookups import covers, listed, pages
from hipaa_tui.aws.rds.settings import instance_of
from hipaa_tui.aws.redshift.settings import cluster_of
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import Json, at

_REDSHIFT: Final = "AWS::Redshift::Cluster"
_DAYS: Final = 14
_CLUSTER: Final = "AWS::RDS::DBCluster"
_TRANSPORT: Final = ("aws.rds.instance-transport", "aws.rds.cluster-transport", "aws.redshift.transport")


def outside_clients(look: Look) -> Verdict:
    """Blocks where addresses of the Internet are let in and somebody connected lately, warns where that is unknown."""
    warehouse = look.target.type == _REDSHIFT
    about = (cluster_of if warehouse else instance_of)(look.cloud, look.target)
    port = int(at(about, "Endpoint.Port") or about.get("DbInstancePort") or 0)
    groups = [str(one["VpcSecurityGroupId"]) for one in about.get("VpcSecurityGroups") or []]
    outside = _outside(look, groups, port)
    if not outside:
        return Outcome.PASS, "its security groups let in no address of the Internet"
    most = _connections(look, "AWS/Redshift" if warehouse else "AWS/RDS", warehouse=warehouse)
    who = f"its security groups let in {listed(outside)}"
    if most == 0:
        return Outcome.PASS, f"{who}, and nobody connected in {_DAYS} days"
    if most is None:
        return (
            Outcome.WARN,
            f"{who}, and CloudWatch has no figures of its connections: see that no client is outside",
        )
    said = f"{who}, and it had up to {most:.0f} connections at once in {_DAYS} days"
    if look.parameters.get("clients_checked"):
        return Outcome.WARN, f"{said}: clients outside of its network are cut off"
    return (
        Outcome.BLOCK,
        f"{said}: clients outside of its network would be cut off, so give them a VPN, a bastion or a proxy first, and "
        "say clients_checked=true",
    )


def _outside(look: Look, groups: list[str], port: int) -> list[str]:
    """Networks of the Internet that the groups let in on the port."""
    found: set[str] = set()
    for group in (
        pages(look, "ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=groups) if groups else []
    ):
        for rule in flattened(group.get("IpPermissions") or [], look.target.account):
            if covers(rule, [port]) and _public(str(rule["source"])):
                found.add(str(rule["source"]))
    return sorted(found)


def _public(source: str) -> bool:
    try:
        network = ipaddress.ip_network(source, strict=False)
    except ValueError:
        return False  # a security group, or a prefix list of networks that somebody chose
    return not network.is_private


def _connections(look: Look, namespace: str, *, warehouse: bool) -> float | None:
    """The most connections at once, None where CloudWatch has no figures."""
    now = datetime.now(UTC)
    name = "ClusterIdentifier" if warehouse else "DBInstanceIdentifier"
    asked: dict[str, Json] = {
        "Namespace": namespace,
        "MetricName": "DatabaseConnections",
        "Dimensions": [{"Name": name, "Value": look.target.name}],
        "StartTime": (now - timedelta(days=_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": ["Maximum"],
    }
    found = look.cloud.call(Call("aws", "cloudwatch", "GetMetricStatistics", asked, look.target.region))
    points = found.get("Datapoints") or []
    return max(float(one["Maximum"]) for one in points) if points else None


def plain_database_clients(look: Look) -> Verdict:
    """Blocks where others share the parameter group; warns of clients without TLS, whom AWS does not see."""
    draft = next((one for one in look.changes if one.setting in _TRANSPORT), None)
    if draft is None:
        return Outcome.PASS, "whether TLS is needed does not change"
    before: Mapping[str, Any] = draft.before
    if before["Group"] != draft.after["Group"]:
        return (
            Outcome.WARN,
            f"{before['Group']} is AWS's own and stays as it is: the new group counts from the next reboot on, so until "
            "then this is not verified",
        )
    sharing = [name for name in _users(look, str(before["Group"])) if name != look.target.name]
    if sharing and not look.parameters.get("clients_checked"):
        return (
            Outcome.BLOCK,
            f"{listed(sharing)} use the parameter group {before['Group']} too and would refuse plain connections as well: "
            "see to their clients and say clients_checked=true",
        )
    wait = "" if before.get("ApplyType") == "dynamic" else "; it may need a reboot until it counts"
    more = f"; so do {listed(sharing)}" if sharing else ""
    return (
        Outcome.WARN,
        "clients without TLS are refused, and AWS does not say who they are: ask the database (pg_stat_ssl, Ssl_cipher, "
        f"stl_connection_log){more}{wait}",
    )


def _users(look: Look, group: str) -> list[str]:
    """The databases that use a parameter group."""
    if look.target.type == _CLUSTER:
        clusters = pages(look, "rds", "DescribeDBClusters", "DBClusters")
        using = [one for one in clusters if one.get("DBClusterParameterGroup") == group]
        return sorted(str(one["DBClusterIdentifier"]) for one in using)
    if look.target.type == _REDSHIFT:
        found = pages(look, "redshift", "DescribeClusters", "Clusters")
        kind, name, id = "ClusterParameterGroups", "ParameterGroupName", "ClusterIdentifier"
    else:
        found = pages(look, "rds", "DescribeDBInstances", "DBInstances")
        kind, name, id = "DBParameterGroups", "DBParameterGroupName", "DBInstanceIdentifier"
    return sorted(
        str(one[id]) for one in found if any(member.get(name) == group for member in one.get(kind) or [])
    )


GUARDS = {"outside-database-clients": outside_clients, "plain-database-clients": plain_database_clients}
CAUTIOUS = ("outside-database-clients", "plain-database-clients")
