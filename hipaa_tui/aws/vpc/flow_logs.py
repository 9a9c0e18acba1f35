"""Flow logs of a VPC: who talked to whom, of which we only ever touch our own.

A flow log cannot be changed, only made and deleted, and whoever made one relies on it. So the value
shows all of a VPC's flow logs, for a predicate to see that its traffic is logged already; but what is
compared, written and removed is the one that bears our name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Read
from hipaa_tui.aws.ec2.settings import call, operations, tags_of
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json, content_hash

OWN: Final = "hipaa-tui-audit"
"""Value of the Name tag of the flow log that is ours."""
TAGS: Final = {"Name": OWN, "managed-by": "hipaa-tui"}
_CHOSEN: Final = (
    "TrafficType",
    "LogDestinationType",
    "LogGroupName",
    "LogDestination",
    "DeliverLogsPermissionArn",
    "MaxAggregationInterval",
    "LogFormat",
)
_SHOWN: Final = ("FlowLogStatus", "DeliverLogsStatus")
"""What the service reports of a flow log: for predicates, never compared or written."""
_DEFAULTS: Final = {"LogDestinationType": "cloud-watch-logs", "MaxAggregationInterval": 600}
_DEFAULT_FORMAT: Final = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)


class Vpcs(Named):
    name = "AWS::EC2::VPC"
    title = "VPC"
    service = "ec2"
    kind = "vpc/"
    pattern = re.compile(r"vpc-[^\W_]+")
    listing = Read("ec2", "DescribeVpcs", "Vpcs")
    field = "VpcId"
    tagging = Read("ec2", "DescribeVpcs", "Vpcs.0.Tags", {"VpcIds": ["{name}"]})

    def own(self, item: Json, account: str) -> bool:
        # A VPC that another account shares with this one is the owner's to log.
        return bool(item.get("OwnerId", account) == account)


def own(value: Json) -> Mapping[str, Any] | None:
    """Our flow log among those of a value, None where there is none."""
    logs = value["flowLogs"] if value is not ABSENT else []
    return next((one for one in logs if one.get("Name") == OWN), None)


def others(value: Json) -> list[Mapping[str, Any]]:
    """The flow logs that are somebody else's."""
    logs = value["flowLogs"] if value is not ABSENT else []
    return [one for one in logs if one.get("Name") != OWN]


class FlowLog(Setting):
    """{"flowLogs": [{"Name"?, "TrafficType", "LogDestinationType", "LogGroupName"?, "LogDestination"?,
    "DeliverLogsPermissionArn"?, "MaxAggregationInterval", "LogFormat"?, "FlowLogStatus"?, "DeliverLogsStatus"?}]}

    sorted, ABSENT where the VPC has none. "Name" is the tag; ours is `hipaa-tui-audit`.
    """

    id = "aws.ec2.vpc-flow-log"
    title = "Flow log"
    resource = Vpcs.name
    reads = operations("DescribeFlowLogs")
    writes = (
        Operation("ec2", "CreateFlowLogs", also=("iam:PassRole", "logs:CreateLogDelivery", "ec2:CreateTags")),
        Operation("ec2", "DeleteFlowLogs", also=("logs:DeleteLogDelivery",)),
    )
    removes = (Operation("ec2", "DeleteFlowLogs", also=("logs:DeleteLogDelivery",)),)
    settle_seconds = 60.0
    # What EC2 says of a role that was made a moment ago: "Unable to assume given IAM role".
    retry_codes = ("InvalidParameter",)
    terraform = ("aws_flow_log",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        request = call(target, "DescribeFlowLogs", Filter=[{"Name": "resource-id", "Values": [target.name]}])
        found = cloud.pages(request, "FlowLogs")
        logs = sorted((_shown(one) for one in found), key=content_hash)
        identity: dict[str, Json] = {"VpcId": target.name}
        mine = sorted(
            (one for one in found if tags_of(one).get("Name") == OWN), key=lambda one: str(one["FlowLogId"])
        )
        if mine:
            identity |= {"FlowLogId": mine[0]["FlowLogId"], "Tags": tags_of(mine[0])}
            identity["Arn"] = (
                f"arn:{target.partition}:ec2:{target.region}:{target.account}:vpc-flow-log/{mine[0]['FlowLogId']}"
            )
        return Reading({"flowLogs": logs} if logs else ABSENT, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        wanted = own(after)
        if wanted is None:
            return self.remove(target, before)
        if own(before.value) is not None and self.same(before.value, after):
            return []
        # Two flow logs may not say the same of one VPC, and one that is there cannot be changed.
        return [*self.remove(target, before), _create(target, wanted)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        if own(before.value) is None:
            return []
        return [call(target, "DeleteFlowLogs", FlowLogIds=[before.identity["FlowLogId"]])]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        if own(before) is None or own(after) is None:
            return []
        return [{"flowLogs": left} if (left := others(before)) else ABSENT]

    def same(self, one: Json, other: Json) -> bool:
        # ABSENT, and flow logs of others only, are the same for us: there is none of ours.
        return bool(_plain(own(one)) == _plain(own(other)))

    def canonical(self, value: Json) -> Json:
        return _plain(own(value))

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"VpcId": target.name}


def _shown(log: Mapping[str, Any]) -> dict[str, Json]:
    shown = {key: log[key] for key in (*_CHOSEN, *_SHOWN) if log.get(key) not in (None, "")}
    name = tags_of(log).get("Name")
    return {**shown, "Name": name} if name else shown


def _create(target: Target, wanted: Mapping[str, Any]) -> Call:
    properties = {key: wanted[key] for key in _CHOSEN if wanted.get(key) not in (None, "")}
    # No ClientToken: EC2 answers a repeated token with the first flow log even where that one has been
    # deleted since, so that applying again after a rollback would make nothing. Without one it refuses a
    # second flow log of the same VPC and destination by itself.
    return call(
        target,
        "CreateFlowLogs",
        ResourceIds=[target.name],
        ResourceType="VPC",
        **properties,
        TagSpecifications=[
            {
                "ResourceType": "vpc-flow-log",
                "Tags": [{"Key": key, "Value": value} for key, value in TAGS.items()],
            }
        ],
    )


def _plain(log: Mapping[str, Any] | None) -> Json:
    """What the flow log does, with the service's defaults put in."""
    if log is None:
        return None
    plain = {**_DEFAULTS, **{key: log[key] for key in _CHOSEN if log.get(key) not in (None, "")}}
    if plain.get("LogFormat") == _DEFAULT_FORMAT:
        del plain["LogFormat"]
    if plain["LogDestinationType"] == "cloud-watch-logs" and "LogGroupName" not in plain:
        # The service answers with a name where it was given an ARN, and the other way round.
        plain["LogGroupName"] = (
            str(plain.get("LogDestination", "")).partition(":log-group:")[2].removesuffix(":*")
        )
    if plain["LogDestinationType"] == "cloud-watch-logs":
        plain.pop("LogDestination", None)
    # One that cannot deliver is not what anybody wants, and making it anew is the way to mend it.
    return {**plain, "failed": log.get("DeliverLogsStatus") == "FAILED"}


def with_flow_log(current: Json, wanted: Json) -> Json:
    """The current flow logs, with our own logging what `wanted` says. References may stand in it."""
    mine = {**wanted, "Name": OWN}
    return {"flowLogs": sorted([*others(current), mine], key=content_hash)}


RESOURCE_TYPES = (Vpcs(),)
SETTINGS = (FlowLog(),)
BUILDERS = {"with_flow_log": with_flow_log}
