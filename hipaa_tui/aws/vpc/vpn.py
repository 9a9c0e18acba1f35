"""Site-to-Site VPN connections: whether both of their tunnels are up, which only the other side can bring about."""

from __future__ import annotations

import re
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read
from hipaa_tui.aws.vpc.settings import PartOfVpc
from hipaa_tui.support.json_value import Json

_GONE: Final = ("deleting", "deleted")


class VpnConnections(PartOfVpc):
    name = "AWS::EC2::VPNConnection"
    title = "VPN connection"
    kind = "vpn-connection/"
    pattern = re.compile(r"vpn-[0-9a-f]{8,17}")
    listing = Read("ec2", "DescribeVpnConnections", "VpnConnections")
    field = "VpnConnectionId"
    ids = "VpnConnectionIds"

    def own(self, item: Json, account: str) -> bool:
        # A deleted connection stays in the list for an hour or so.
        return item.get("State") not in _GONE


class Tunnels(Declared):
    """{"Tunnels": [{"OutsideIpAddress", "Status", "StatusMessage"}], "Up": how many are up}. Read-only."""

    id = "aws.ec2.vpn-tunnels"
    title = "Tunnels of the VPN connection"
    resource = VpnConnections.name
    reading = Read(
        *("ec2", "DescribeVpnConnections", "VpnConnections.0", {"VpnConnectionIds": ["{name}"]}),
        empty="error",
    )
    identity = {"Arn": "{id}", "VpnConnectionId": "{name}"}
    read_only = "a tunnel comes up when the device on the other side is set up for it"

    def value(self, found: Any) -> Json:
        names = ("OutsideIpAddress", "Status", "StatusMessage")
        tunnels = sorted(
            ({name: str(one.get(name) or "") for name in names} for one in found.get("VgwTelemetry") or []),
            key=lambda tunnel: tunnel["OutsideIpAddress"],
        )
        return {"Tunnels": tunnels, "Up": sum(tunnel["Status"] == "UP" for tunnel in tunnels)}


RESOURCE_TYPES = (VpnConnections(),)
SETTINGS = (Tunnels(),)
