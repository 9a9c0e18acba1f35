"""Whether a DB cluster refuses connections without TLS: one parameter of its DB cluster parameter group.

As of instances, RDS's own groups cannot be changed, and a new group counts from the next reboot of each member on
(Amazon Aurora User Guide, "Parameter groups for Amazon Aurora").
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.rds.parameter_groups import DEFAULT, OWN, RDS_CLUSTER
from hipaa_tui.aws.rds.parameters import IN_SYNC, ON
from hipaa_tui.aws.rds.settings import Clusters, call, cluster_of, operations
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_PARAMETERS: Final = {
    "aurora-postgresql": ("rds.force_ssl", "1"),
    "aurora-mysql": ("require_secure_transport", "ON"),
    "postgres": ("rds.force_ssl", "1"),
    "mysql": ("require_secure_transport", "1"),
}
"""Engine → its parameter, and how it is turned on."""


class ClusterTransport(Setting):
    """{"Group", "Family", "Parameter", "On": how it is turned on, "Value": its text or "", "ApplyType", "Status"}

    `Status` is in-sync where every member has taken the group over, else what the first other one says.
    """

    id = "aws.rds.cluster-transport"
    title = "Connections with TLS only"
    resource = Clusters.name
    reads = operations(
        "DescribeDBClusters", "DescribeDBClusterParameterGroups", "DescribeDBClusterParameters"
    )
    writes = operations("ModifyDBClusterParameterGroup", "ResetDBClusterParameterGroup", "ModifyDBCluster")
    settle_seconds = 300.0
    retry_codes = RDS_CLUSTER.missing
    terraform = ("aws_rds_cluster",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = cluster_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        engine, group = str(about.get("Engine") or ""), str(about.get("DBClusterParameterGroup") or "")
        members = [
            str(one.get("DBClusterParameterGroupStatus")) for one in about.get("DBClusterMembers") or []
        ]
        name, on = _PARAMETERS.get(engine, ("", ""))
        value: dict[str, Json] = {
            "Engine": engine,
            "Group": group,
            "Family": "",
            "Parameter": name,
            "On": on,
            "Value": "",
            "ApplyType": "",
            "Status": next((one for one in members if one != IN_SYNC), IN_SYNC),
        }
        identity = {"DBClusterIdentifier": target.name, "Arn": target.id}
        if not name or not group:
            return Reading(value, identity)
        value["Family"] = str(RDS_CLUSTER.group(cloud, target, group).get("DBParameterGroupFamily") or "")
        listed = RDS_CLUSTER.found(cloud, target, group)
        found = next((one for one in listed if one.get("ParameterName") == name), {})
        value["Value"] = str(found.get("ParameterValue") or "")
        value["ApplyType"] = str(found.get("ApplyType") or "")
        return Reading(value, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        group = str(after["Group"])
        if before.value["Group"] != group:
            given = {"DBClusterIdentifier": target.name, "DBClusterParameterGroupName": group}
            return [call(target, "ModifyDBCluster", **given)]
        method = "pending-reboot" if after["ApplyType"] == "static" else "immediate"
        one: dict[str, Json] = {"ParameterName": after["Parameter"], "ApplyMethod": method}
        operation = "ModifyDBClusterParameterGroup" if after["Value"] else "ResetDBClusterParameterGroup"
        if after["Value"]:
            one["ParameterValue"] = after["Value"]
        return [call(target, operation, DBClusterParameterGroupName=group, Parameters=[one])]

    def canonical(self, value: Json) -> Json:
        return [value["Group"], value["Value"] in ON]


def with_database_cluster_tls(current: Json, wanted: Json) -> Json:
    """The parameter on, in the cluster's own group or in the one that is made for {"name": the cluster}."""
    if current is ABSENT:
        raise ValueError("there is no such DB cluster")
    if current["Value"] in ON:
        raise ValueError(
            f"{current['Parameter']} is on and not in force ({current['Status']}): reboot each member of "
            f"{wanted['name']} in a quiet hour (aws rds reboot-db-instance)"
        )
    group = str(current["Group"])
    own = f"{OWN}{wanted['name']}" if group.startswith(DEFAULT) else group
    return {**current, "Group": own, "Value": current["On"], "Status": IN_SYNC}


SETTINGS = (ClusterTransport(),)
BUILDERS = {"with_database_cluster_tls": with_database_cluster_tls}
