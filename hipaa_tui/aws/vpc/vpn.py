"""Site-to-Site VPN connections: whether both of their tunnels are up, which only the other side can bring about."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.ec2.settings import operations
from hipaa_tui.aws.vpc.settings import PartOfVpc
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import Json

_GONE: Final = ("deleting", "deleted")


class VpnConnections(PartOfVpc):
    name = "AWS::EC2::VPNConnection"
    title = "VPN connection"
    kind = "vpn-connection/"
    pattern = re.compile(r"vpn-[0-9a-f]{8,17}")
    listing = Operation("ec2", "DescribeVpnConnections")
    lists = (listing,)
    items = "VpnConnections"
    field = "VpnConnectionId"
    ids = "VpnConnectionIds"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        # One that was deleted stays in the list for an hour or so.
        listed = cloud.pages(Call("aws", "ec2", "DescribeVpnConnections", {}, region), self.items)
        there = [str(one[self.field]) for one in listed if one.get("State") not in _GONE]
        found = (self.target(id, account, region, partition) for id in there)
        return [target for target in found if target is not None]


_KIND: Final = VpnConnections()


class Tunnels(Setting):
    """{"Tunnels": [{"OutsideIpAddress", "Status", "StatusMessage"}], "Up": how many are up}. Only for looking."""

    id = "aws.ec2.vpn-tunnels"
    title = "Tunnels of the VPN connection"
    resource = VpnConnections.name
    reads = operations("DescribeVpnConnections")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        connection = _KIND.described(cloud, target)
        tunnels = sorted(
            (
                {
                    "OutsideIpAddress": str(one.get("OutsideIpAddress") or ""),
                    "Status": str(one.get("Status") or ""),
                    "StatusMessage": str(one.get("StatusMessage") or ""),
                }
                for one in connection.get("VgwTelemetry") or []
            ),
            key=lambda one: one["OutsideIpAddress"],
        )
        up = sum(one["Status"] == "UP" for one in tunnels)
        return Reading({"Tunnels": tunnels, "Up": up}, {"Arn": target.id, "VpnConnectionId": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("a tunnel comes up when the device on the other side is set up for it")


RESOURCE_TYPES = (_KIND,)
SETTINGS = (Tunnels(),)
