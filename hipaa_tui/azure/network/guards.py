"""Looks whose way in a narrowed rule would close: Azure's own services, an operator's session, a web site."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hipaa_tui.azure.lookups import held
from hipaa_tui.azure.network.rule_evaluation import PROBES, admits, lets
from hipaa_tui.azure.network.settings import VERSION, ports
from hipaa_tui.azure.network.sources import covers
from hipaa_tui.azure.resource_ids import parse
from hipaa_tui.azure.resource_types import get, members
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.support.json_value import at

SETTING: Final = "azure.network.nsg-rules"
SESSION: Final = "SSH_CONNECTION"
API_MANAGEMENT_VERSION: Final = "2022-08-01"
_MANAGEMENT: Final = (22, 3389, 5985, 5986)
_WEB: Final = (80, 443)

Need = tuple[str, int, str]
"""A service tag in lower case, a port that it has to be let in on, and the tag as Azure writes it."""
GATEWAY: Final[tuple[Need, ...]] = (
    # https://learn.microsoft.com/azure/application-gateway/configuration-infrastructure
    ("gatewaymanager", 65200, "GatewayManager (65200-65535)"),
    (PROBES, 443, "AzureLoadBalancer"),
)
BASTION: Final[tuple[Need, ...]] = (
    # https://learn.microsoft.com/azure/bastion/bastion-nsg
    ("internet", 443, "Internet"),
    ("gatewaymanager", 443, "GatewayManager"),
    (PROBES, 443, "AzureLoadBalancer"),
)
API_MANAGEMENT: Final[tuple[Need, ...]] = (
    # https://learn.microsoft.com/azure/api-management/virtual-network-reference
    ("apimanagement", 3443, "ApiManagement"),
    (PROBES, 6390, "AzureLoadBalancer"),
)


def nsg_operator_path(look: Look) -> Verdict:
    """Blocks what Azure's services need or would put back, and the operator's own way in; warns of others."""
    drafts = [draft for draft in look.changes if draft.setting == SETTING]
    if not drafts:
        return Outcome.PASS, "no rule changes"
    draft = drafts[0]
    identity = look.read(SETTING, draft.target).identity
    keeper = _kept_by(identity)
    if keeper:
        return Outcome.BLOCK, f"{keeper} keeps this group's rules and would put them back: change them there"
    for check in (_platform_needs, _probes_cut, _own_way):
        problem = next(check(look, draft, identity), None)
        if problem:
            return Outcome.BLOCK, problem
    notes = _notes(look, draft)
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "no port that Azure's services or operators need is closed"


def _kept_by(identity: Mapping[str, Any]) -> str:
    tags = {str(key).lower() for key in identity.get("tags") or {}}
    group = str(identity.get("resourceGroup", "")).lower()
    if group.startswith("mc_") or any(tag.startswith("aks-managed") for tag in tags):
        return "the Kubernetes service (AKS)"
    if group.startswith("databricks-rg-") or "databricks-environment" in tags:
        return "Databricks"
    return ""


def _lost(draft: Draft, source: str, port: int) -> bool:
    return lets(draft.before["rules"], source, port) and not lets(draft.after["rules"], source, port)


def _platform_needs(look: Look, draft: Draft, identity: Mapping[str, Any]) -> Iterator[str]:
    """What a platform service on a subnet of the group needs, has now and would lose."""
    for id in identity.get("subnets") or []:
        for service, needs in _services(look, str(id)):
            for source, port, tag in needs:
                if _lost(draft, source, port):
                    yield (
                        f"{service} on the subnet {str(id).rpartition('/')[2]} needs port {port} from {tag}, and no "
                        "rule would let it in any more: add a rule for it first"
                    )


def _services(look: Look, subnet: str) -> Iterator[tuple[str, tuple[Need, ...]]]:
    found = parse(subnet)
    if found is None:
        return
    if found.name.lower() == "azurebastionsubnet":
        yield "Azure Bastion", BASTION
        return
    if at(get(look.cloud, subnet, VERSION), "properties.applicationGatewayIPConfigurations"):
        yield "Application Gateway", GATEWAY
    if not _any(look, "microsoft.apimanagement/service"):
        return
    path = f"/subscriptions/{look.target.account}/providers/Microsoft.ApiManagement/service"
    for one in members(look.cloud, path, API_MANAGEMENT_VERSION):
        where = str(at(one, "properties.virtualNetworkConfiguration.subnetResourceId") or "")
        if where.lower() == subnet.lower():
            yield f"API Management ({one.get('name')})", API_MANAGEMENT


def _any(look: Look, kind: str) -> bool:
    return any(str(one.get("type", "")).lower() == kind for one in held(look, look.target.account))


def _probes_cut(look: Look, draft: Draft, identity: Mapping[str, Any]) -> Iterator[str]:
    """Health probes that a rule of everybody's let in, where a rule that denies comes behind it."""
    if not _any(look, "microsoft.network/loadbalancers"):
        return
    path = f"/subscriptions/{look.target.account}/providers/Microsoft.Network/loadBalancers"
    behind: list[str] | None = None
    for one in members(look.cloud, path, VERSION):
        cut = [
            int(port)
            for probe in at(one, "properties.probes") or []
            if (port := at(probe, "properties.port")) and _lost(draft, PROBES, int(port))
        ]
        if not cut:
            continue
        if behind is None:
            behind = _configurations(look, identity)
        pools = at(one, "properties.backendAddressPools") or []
        served = [
            str(entry.get("id", "")).lower()
            for pool in pools
            for entry in at(pool, "properties.backendIPConfigurations") or []
        ]
        if any(entry.startswith(mine) for entry in served for mine in behind):
            yield (
                f"the health probes of the load balancer {one.get('name')} on port {cut[0]} would be refused, and "
                "it would send nobody here any more: add a rule that allows AzureLoadBalancer first"
            )


def _configurations(look: Look, identity: Mapping[str, Any]) -> list[str]:
    """Beginnings of the ids of all IP configurations that the group's rules hold for."""
    found = [f"{id}/".lower() for id in identity.get("networkInterfaces") or [] if id]
    for subnet in identity.get("subnets") or []:
        there = at(get(look.cloud, str(subnet), VERSION), "properties.ipConfigurations") or []
        found += [str(one.get("id", "")).lower() for one in there if one.get("id")]
    return found


def _own_way(look: Look, draft: Draft, identity: Mapping[str, Any]) -> Iterator[str]:
    """The session in which this runs, where sshd of a host behind the group tells of it, and the network that
    the operator names. Nobody else is asked where the operator is."""
    ways: list[tuple[str, int, str]] = []
    parts = os.environ.get(SESSION, "").split()
    if len(parts) == 4 and parts[3].isdigit() and _is_behind(look, parts[2], identity):
        ways.append((_network(parts[0]), int(parts[3]), "the session that you are in"))
    named = str(look.parameters.get("operator_cidr") or "")
    if named:
        ways += [(named, port, "your own way in") for port in _MANAGEMENT]
    for network, port, what in ways:
        rules, wanted = draft.before["rules"], draft.after["rules"]
        if network and admits(rules, network, port) and not admits(wanted, network, port):
            yield (
                f"{what} ({network} on {port}) would be refused: name {network} among the networks that may "
                "still come in"
            )


def _is_behind(look: Look, address: str, identity: Mapping[str, Any]) -> bool:
    """Is the address that of a network interface that the group's rules hold for?"""
    subnets = {str(one).lower() for one in identity.get("subnets") or []}
    group = str(identity.get("id", "")).lower()
    path = f"/subscriptions/{look.target.account}/providers/Microsoft.Network/networkInterfaces"
    for one in members(look.cloud, path, VERSION):
        guarded = str(at(one, "properties.networkSecurityGroup.id") or "").lower() == group
        for configuration in at(one, "properties.ipConfigurations") or []:
            subnet = str(at(configuration, "properties.subnet.id") or "").lower()
            mine = at(configuration, "properties.privateIPAddress") == address
            if mine and (guarded or subnet in subnets):
                return True
    return False


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    return str(ipaddress.ip_network(getattr(found, "ipv4_mapped", None) or found))


def _notes(look: Look, draft: Draft) -> list[str]:
    after: Sequence[Mapping[str, Any]] = draft.after["rules"]
    unchanged = {str(rule["name"]): rule for rule in after}
    changed = [rule for rule in draft.before["rules"] if unchanged.get(str(rule["name"])) != rule]
    names = ", ".join(str(rule["name"]) for rule in changed)
    notes = []
    if any(str(rule["name"]).startswith("SecurityCenter-JITRule") for rule in changed):
        notes.append("just-in-time access made one of the rules and will remove it by itself")
    closed = [port for port in _WEB if _lost(draft, "internet", port)]
    if closed:
        notes.append(
            f"{names} also lets web visitors in on {', '.join(map(str, closed))}: add a rule for them first"
        )
    managed = [p for p in _MANAGEMENT if any(covers(ports(rule), p) for rule in changed)]
    if managed and not _another_way(look):
        notes.append(
            f"sessions to {', '.join(map(str, managed))} from outside the allowed networks end, and the subscription "
            "has neither Azure Bastion nor a VPN gateway: make sure that you have another way in"
        )
    return notes


def _another_way(look: Look) -> bool:
    path = f"/subscriptions/{look.target.account}/providers/Microsoft.Network/bastionHosts"
    return bool(members(look.cloud, path, VERSION)) or _any(look, "microsoft.network/virtualnetworkgateways")


GUARDS = {"nsg-operator-path": nsg_operator_path}
