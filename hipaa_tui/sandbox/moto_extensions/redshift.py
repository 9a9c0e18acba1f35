"""redshift:ModifyClusterParameterGroup, and ModifyCluster's key: moto's parameter groups all say the defaults."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.redshift.responses import RedshiftResponse


def modify_cluster_parameter_group(response: Any) -> ActionResult:
    """The operation, as a method of moto's RedshiftResponse."""
    name = response._get_param("ParameterGroupName")
    (group,) = response.redshift_backend.describe_cluster_parameter_groups(name)
    own = vars(group).setdefault("own_parameters", {})
    for one in response._get_param("Parameters") or []:
        own[one["ParameterName"]] = one["ParameterValue"]
    status = "Your parameter group has been updated but changes won't get applied until you reboot."
    return ActionResult({"ParameterGroupName": name, "ParameterGroupStatus": status})


def install() -> None:
    """Teach moto's Redshift the operation, and to say what was set."""
    describe, modify = RedshiftResponse.describe_cluster_parameters, RedshiftResponse.modify_cluster

    def describe_cluster_parameters(response: Any) -> Any:
        answer = describe(response)
        found = response.redshift_backend.describe_cluster_parameter_groups(
            response._get_param("ParameterGroupName")
        )
        own = vars(found[0]).get("own_parameters", {})
        listed: Any = answer.result
        for one in listed["Parameters"]:
            if one["ParameterName"] in own:
                one |= {"ParameterValue": own[one["ParameterName"]], "Source": "user"}
        return answer

    def modify_cluster(response: Any) -> Any:
        answer = modify(response)
        cluster = response.redshift_backend.describe_clusters(response._get_param("ClusterIdentifier"))[0]
        if str(response._get_param("Encrypted")).lower() == "true":
            # AWS's own key where none is named.
            cluster.kms_key_id = response._get_param("KmsKeyId") or "alias/aws/redshift"
        # A flag comes as a text.
        for name in ("publicly_accessible", "encrypted", "enhanced_vpc_routing"):
            setattr(cluster, name, str(getattr(cluster, name)).lower() == "true")
        if isinstance(cluster.cluster_parameter_group_name, str):
            cluster.cluster_parameter_group_name = [cluster.cluster_parameter_group_name]
        return answer

    added: dict[str, Any] = {
        "modify_cluster_parameter_group": modify_cluster_parameter_group,
        "describe_cluster_parameters": describe_cluster_parameters,
        "modify_cluster": modify_cluster,
    }
    for name, method in added.items():
        setattr(RedshiftResponse, name, method)
