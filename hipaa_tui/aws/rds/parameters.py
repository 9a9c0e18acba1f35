"""Whether a DB instance refuses connections without TLS: one parameter of its parameter group.

RDS's own groups (default.…) cannot be changed, so an instance in one of them moves to a group of its own, which takes
effect with its next reboot (Amazon RDS User Guide, "Parameter groups for RDS").
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.rds.parameter_groups import DEFAULT, OWN, RDS
from hipaa_tui.aws.rds.settings import Instances, call, instance_of, operations
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_FORCE: Final = "rds.force_ssl"
_REQUIRE: Final = "require_secure_transport"
PARAMETERS: Final = {
    "postgres": _FORCE,
    "sqlserver-ee": _FORCE,
    "sqlserver-se": _FORCE,
    "sqlserver-ex": _FORCE,
    "sqlserver-web": _FORCE,
    "mysql": _REQUIRE,
    "mariadb": _REQUIRE,
}
"""The engines that have such a parameter in a DB parameter group."""
ON: Final = frozenset({"1", "ON", "on", "true", "TRUE"})
IN_SYNC: Final = "in-sync"


class Transport(Setting):
    """{"Group", "Family", "Parameter", "Value": its text or "", "ApplyType", "Status": in-sync, pending-reboot, …}

    The value is "" where the engine has none. Two values are the same by group and value; whether it is in force yet,
    `Status` says.
    """

    id = "aws.rds.instance-transport"
    title = "Connections with TLS only"
    resource = Instances.name
    reads = operations("DescribeDBInstances", "DescribeDBParameterGroups", "DescribeDBParameters")
    writes = operations("ModifyDBParameterGroup", "ResetDBParameterGroup", "ModifyDBInstance")
    settle_seconds = 300.0
    # RDS asks for up to five minutes between making a group and using it.
    retry_codes = RDS.missing
    terraform = ("aws_db_instance",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = instance_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        engine = str(about.get("Engine") or "")
        groups: list[dict[str, Any]] = about.get("DBParameterGroups") or [{}]
        group = str(groups[0].get("DBParameterGroupName") or "")
        value: dict[str, Json] = {
            "Engine": engine,
            "Group": group,
            "Family": "",
            "Parameter": PARAMETERS.get(engine, ""),
            "Value": "",
            "ApplyType": "",
            "Status": str(groups[0].get("ParameterApplyStatus") or ""),
            "Cluster": str(about.get("DBClusterIdentifier") or ""),
        }
        identity = {"DBInstanceIdentifier": target.name, "Arn": target.id}
        if not value["Parameter"] or value["Cluster"] or not group:
            return Reading(value, identity)
        value["Family"] = str(RDS.group(cloud, target, group).get("DBParameterGroupFamily") or "")
        listed = RDS.found(cloud, target, group)
        found = next((one for one in listed if one.get("ParameterName") == value["Parameter"]), {})
        value["Value"] = str(found.get("ParameterValue") or "")
        value["ApplyType"] = str(found.get("ApplyType") or "")
        return Reading(value, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        group = str(after["Group"])
        if before.value["Group"] != group:
            given = {"DBInstanceIdentifier": target.name, "DBParameterGroupName": group}
            return [call(target, "ModifyDBInstance", **given)]
        # A static parameter takes "pending-reboot" alone.
        method = "pending-reboot" if after["ApplyType"] == "static" else "immediate"
        one: dict[str, Json] = {"ParameterName": after["Parameter"], "ApplyMethod": method}
        operation = "ModifyDBParameterGroup" if after["Value"] else "ResetDBParameterGroup"
        if after["Value"]:
            one["ParameterValue"] = after["Value"]
        return [call(target, operation, DBParameterGroupName=group, Parameters=[one])]

    def canonical(self, value: Json) -> Json:
        return [value["Group"], value["Value"] in ON]


def with_tls(current: Json, wanted: Json) -> Json:
    """The parameter on, in the instance's own group or in the one that is made for {"name": the instance}."""
    if current is ABSENT:
        raise ValueError("there is no such DB instance")
    if current["Cluster"]:
        raise ValueError(
            f"it is a member of the cluster {current['Cluster']}: set {_FORCE} or {_REQUIRE} in the DB cluster "
            "parameter group"
        )
    if not current["Parameter"]:
        raise ValueError(f"{current['Engine']} has no parameter for it")
    if current["Value"] in ON:
        raise ValueError(
            f"{current['Parameter']} is on and not in force ({current['Status']}): reboot in a quiet hour "
            f"(aws rds reboot-db-instance --db-instance-identifier {wanted['name']})"
        )
    group = str(current["Group"])
    own = f"{OWN}{wanted['name']}" if group.startswith(DEFAULT) else group
    return {**current, "Group": own, "Value": "1", "Status": IN_SYNC}


SETTINGS = (Transport(),)
BUILDERS = {"with_tls": with_tls}
