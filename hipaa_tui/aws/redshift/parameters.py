"""Whether a Redshift cluster refuses connections without TLS: `require_ssl` in its parameter group.

The default groups cannot be changed, and the parameter is static: what is set takes effect with the next reboot
(Amazon Redshift Management Guide, "Amazon Redshift parameter groups").
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.rds.parameter_groups import DEFAULT, OWN, REDSHIFT
from hipaa_tui.aws.redshift.settings import Clusters, call, cluster_of, operations
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

PARAMETER: Final = "require_ssl"


class Transport(Setting):
    """{"Group", "Family", "require_ssl": "true" or "false", "Status": in-sync, pending-reboot, …}"""

    id = "aws.redshift.transport"
    title = "Connections with TLS only"
    resource = Clusters.name
    reads = operations("DescribeClusters", "DescribeClusterParameterGroups", "DescribeClusterParameters")
    writes = operations("ModifyClusterParameterGroup", "ModifyCluster")
    settle_seconds = 300.0
    retry_codes = REDSHIFT.missing
    terraform = ("aws_redshift_cluster",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = cluster_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        member: dict[str, Any] = next(iter(about.get("ClusterParameterGroups") or []), {})
        group = str(member.get("ParameterGroupName") or "")
        listed = REDSHIFT.found(cloud, target, group)
        found = next((one for one in listed if one.get("ParameterName") == PARAMETER), {})
        value = {
            "Group": group,
            "Family": str(REDSHIFT.group(cloud, target, group).get("ParameterGroupFamily") or ""),
            PARAMETER: "true" if str(found.get("ParameterValue")).lower() == "true" else "false",
            "Status": str(member.get("ParameterApplyStatus") or ""),
        }
        return Reading(value, {"ClusterIdentifier": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        group = str(after["Group"])
        if before.value["Group"] != group:
            given = {"ClusterIdentifier": target.name, "ClusterParameterGroupName": group}
            return [call(target, "ModifyCluster", **given)]
        one = {"ParameterName": PARAMETER, "ParameterValue": after[PARAMETER], "ApplyType": "static"}
        return [call(target, "ModifyClusterParameterGroup", ParameterGroupName=group, Parameters=[one])]

    def canonical(self, value: Json) -> Json:
        return [value["Group"], value[PARAMETER] == "true"]


def with_cluster_tls(current: Json, wanted: Json) -> Json:
    """The parameter on, in the cluster's own group or in the one that is made for {"name": the cluster}."""
    if current is ABSENT:
        raise ValueError("there is no such cluster")
    if current[PARAMETER] == "true":
        raise ValueError(
            f"{PARAMETER} is on and not in force ({current['Status']}): reboot in a quiet hour "
            f"(aws redshift reboot-cluster --cluster-identifier {wanted['name']})"
        )
    group = str(current["Group"])
    own = f"{OWN}{wanted['name']}" if group.startswith(DEFAULT) else group
    return {**current, "Group": own, PARAMETER: "true", "Status": "in-sync"}


SETTINGS = (Transport(),)
BUILDERS = {"with_cluster_tls": with_cluster_tls}
