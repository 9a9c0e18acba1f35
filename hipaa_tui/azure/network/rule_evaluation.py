"""Works out whom a group's inbound rules let in: the rule with the lowest priority number that fits decides.

Azure's default rules come last: the virtual network and the load balancer's probes are let in, nobody else
(https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.azure.network.settings import inbound_allow, ports, sources
from hipaa_tui.azure.network.sources import covers

PROBES: Final = "azureloadbalancer"
"""The service tag of the address that health probes come from, which is no address of the Internet."""
_EVERYBODY: Final = frozenset({"*", "0.0.0.0/0", "any"})


def lets(rules: Sequence[Mapping[str, Any]], source: str, port: int) -> bool:
    """Do the rules let the service tag (lower case) in on the port? Every tag but the probes' is of the Internet."""
    for rule in _in_order(rules):
        named = {one.lower() for one in sources(rule)}
        of_internet = "internet" in named and source != PROBES
        if covers(ports(rule), port) and (source in named or named & _EVERYBODY or of_internet):
            return inbound_allow(rule)
    return source in {PROBES, "virtualnetwork"}


def admits(rules: Sequence[Mapping[str, Any]], network: str, port: int) -> bool:
    """Do the rules let all of the network in on the port? A tag that may hold it or not does not count."""
    wanted = ipaddress.ip_network(network)
    for rule in _in_order(rules):
        if covers(ports(rule), port) and any(_holds(one, wanted) for one in sources(rule)):
            return inbound_allow(rule)
    return False


def _holds(source: str, wanted: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    if source.lower() in _EVERYBODY:
        return True
    if source.lower() == "internet":
        return wanted.is_global
    try:
        found = ipaddress.ip_network(source, strict=False)
    except ValueError:
        return False
    return found.version == wanted.version and wanted.subnet_of(found)  # type: ignore[arg-type]


def _in_order(rules: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    inbound = [rule for rule in rules if str(rule.get("direction", "Inbound")).lower() == "inbound"]
    return sorted(inbound, key=lambda rule: int(rule.get("priority") or 0))
