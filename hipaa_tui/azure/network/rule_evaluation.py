"""Evaluates the inbound rules of a network security group: the matching rule with the lowest priority number decides.

Azure's default rules come last: they allow the virtual network and the load balancer's probes, and deny all else
(https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.azure.network.settings import inbound_allow, ports, sources
from hipaa_tui.azure.network.sources import covers

PROBES: Final = "azureloadbalancer"
"""The service tag of the address that health probes come from; the tag Internet does not include it."""
_ANY: Final = frozenset({"*", "0.0.0.0/0", "any"})


def lets(rules: Sequence[Mapping[str, Any]], source: str, port: int) -> bool:
    """Whether the rules allow the service tag (lower case) on the port. The tag Internet covers all but the probes'."""
    for rule in _in_order(rules):
        tags = {source_name.lower() for source_name in sources(rule)}
        of_internet = "internet" in tags and source != PROBES
        if covers(ports(rule), port) and (source in tags or tags & _ANY or of_internet):
            return inbound_allow(rule)
    return source in {PROBES, "virtualnetwork"}


def admits(rules: Sequence[Mapping[str, Any]], network: str, port: int) -> bool:
    """Whether the rules allow the whole network on the port. Tags with unknown addresses do not count as a match."""
    wanted = ipaddress.ip_network(network)
    for rule in _in_order(rules):
        if covers(ports(rule), port) and any(_includes(source_name, wanted) for source_name in sources(rule)):
            return inbound_allow(rule)
    return False


def _includes(source: str, wanted: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    if source.lower() in _ANY:
        return True
    if source.lower() == "internet":
        return wanted.is_global
    try:
        network = ipaddress.ip_network(source, strict=False)
    except ValueError:
        return False
    return network.version == wanted.version and wanted.subnet_of(network)  # type: ignore[arg-type]


def _in_order(rules: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    inbound = [rule for rule in rules if str(rule.get("direction", "Inbound")).lower() == "inbound"]
    return sorted(inbound, key=lambda rule: int(rule.get("priority") or 0))
