"""Finds traffic that narrower NSG rules would cut off: Azure platform services, the operator's session, web clients."""

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
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.support.json_value import at

SETTING: Final = "azure.network.nsg-rules"
SESSION: Final = "SSH_CONNECTION"
API_MANAGEMENT_VERSION: Final = "2022-08-01"
_MANAGEMENT: Final = (22, 3389, 5985, 5986)
_WEB: Final = (80, 443)

Need = tuple[str, int, str]
"""A service tag in lower case, a port on which it has to be allowed, and the tag as Azure writes it."""
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


def nsg_operator_path(context: GuardContext) -> Verdict:
    """Blocks when AKS or Databricks would revert the rules, or platform services, probes or the operator lose access.

    Warns of web clients, of just-in-time rules, and when management sessions have no alternative.
    """
    drafts = [draft for draft in context.changes if draft.setting == SETTING]
    if not drafts:
        return Outcome.PASS, "no NSG rule changes"
    draft = drafts[0]
    identity = context.read(SETTING, draft.target).identity
    manager = _managed_by(identity)
    if manager:
        return (
            Outcome.BLOCK,
            f"{manager} manages the rules of this NSG and would revert the change: change them there",
        )
    for check in (_platform_needs, _probes_cut, _operator_access):
        problem = next(check(context, draft, identity), None)
        if problem:
            return Outcome.BLOCK, problem
    notes = _notes(context, draft)
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "the change closes no port that Azure services or operators need"


def _managed_by(identity: Mapping[str, Any]) -> str:
    tags = {str(key).lower() for key in identity.get("tags") or {}}
    group = str(identity.get("resourceGroup", "")).lower()
    if group.startswith("mc_") or any(tag.startswith("aks-managed") for tag in tags):
        return "the Kubernetes service (AKS)"
    if group.startswith("databricks-rg-") or "databricks-environment" in tags:
        return "Databricks"
    return ""


def _would_lose(draft: PlannedChange, source: str, port: int) -> bool:
    return lets(draft.before["rules"], source, port) and not lets(draft.after["rules"], source, port)


def _platform_needs(
    context: GuardContext, draft: PlannedChange, identity: Mapping[str, Any]
) -> Iterator[str]:
    """Inbound traffic that a platform service on a subnet of the NSG requires and would lose."""
    for id in identity.get("subnets") or []:
        for service, needs in _services(context, str(id)):
            for source, port, tag in needs:
                if _would_lose(draft, source, port):
                    yield (
                        f"{service} on the subnet {str(id).rpartition('/')[2]} requires inbound port {port} from "
                        f"{tag}, which no rule would allow after the change: add a rule for it first"
                    )


def _services(context: GuardContext, subnet: str) -> Iterator[tuple[str, tuple[Need, ...]]]:
    resource_id = parse(subnet)
    if resource_id is None:
        return
    if resource_id.name.lower() == "azurebastionsubnet":
        yield "Azure Bastion", BASTION
        return
    if at(get(context.cloud, subnet, VERSION), "properties.applicationGatewayIPConfigurations"):
        yield "Application Gateway", GATEWAY
    if not _has_any(context, "microsoft.apimanagement/service"):
        return
    path = f"/subscriptions/{context.target.account}/providers/Microsoft.ApiManagement/service"
    for api_management in members(context.cloud, path, API_MANAGEMENT_VERSION):
        used_subnet = str(at(api_management, "properties.virtualNetworkConfiguration.subnetResourceId") or "")
        if used_subnet.lower() == subnet.lower():
            yield f"API Management ({api_management.get('name')})", API_MANAGEMENT


def _has_any(context: GuardContext, kind: str) -> bool:
    return any(
        str(resource.get("type", "")).lower() == kind for resource in held(context, context.target.account)
    )


def _probes_cut(context: GuardContext, draft: PlannedChange, identity: Mapping[str, Any]) -> Iterator[str]:
    """Health probes that only a rule for any source allowed, in front of a deny rule."""
    if not _has_any(context, "microsoft.network/loadbalancers"):
        return
    path = f"/subscriptions/{context.target.account}/providers/Microsoft.Network/loadBalancers"
    prefixes: list[str] | None = None
    for balancer in members(context.cloud, path, VERSION):
        denied_ports = [
            int(port)
            for probe in at(balancer, "properties.probes") or []
            if (port := at(probe, "properties.port")) and _would_lose(draft, PROBES, int(port))
        ]
        if not denied_ports:
            continue
        if prefixes is None:
            prefixes = _configurations(context, identity)
        pools = at(balancer, "properties.backendAddressPools") or []
        served = [
            str(entry.get("id", "")).lower()
            for pool in pools
            for entry in at(pool, "properties.backendIPConfigurations") or []
        ]
        if any(entry.startswith(prefix) for entry in served for prefix in prefixes):
            yield (
                f"the health probes of the load balancer {balancer.get('name')} on port {denied_ports[0]} would be "
                "denied, and it would send no more traffic to these backends: add a rule that allows "
                "AzureLoadBalancer first"
            )


def _configurations(context: GuardContext, identity: Mapping[str, Any]) -> list[str]:
    """Id prefixes of all IP configurations that the NSG applies to."""
    prefixes = [f"{id}/".lower() for id in identity.get("networkInterfaces") or [] if id]
    for subnet in identity.get("subnets") or []:
        configurations = at(get(context.cloud, str(subnet), VERSION), "properties.ipConfigurations") or []
        prefixes += [
            str(configuration.get("id", "")).lower()
            for configuration in configurations
            if configuration.get("id")
        ]
    return prefixes


def _operator_access(
    context: GuardContext, draft: PlannedChange, identity: Mapping[str, Any]
) -> Iterator[str]:
    """Whether the change would deny the operator: the current SSH session if the NSG protects this host, and the
    network answered as operator_cidr. No outside service is asked for the operator's address."""
    paths: list[tuple[str, int, str]] = []
    ssh_connection = os.environ.get(SESSION, "").split()
    if (
        len(ssh_connection) == 4
        and ssh_connection[3].isdigit()
        and _applies_to_address(context, ssh_connection[2], identity)
    ):
        paths.append((_network(ssh_connection[0]), int(ssh_connection[3]), "your current session"))
    operator_cidr = str(context.parameters.get("operator_cidr") or "")
    if operator_cidr:
        paths += [(operator_cidr, port, "your own access") for port in _MANAGEMENT]
    for network, port, access in paths:
        rules, wanted = draft.before["rules"], draft.after["rules"]
        if network and admits(rules, network, port) and not admits(wanted, network, port):
            yield (
                f"{access} ({network} on port {port}) would be denied: add {network} to the networks that stay "
                "allowed"
            )


def _applies_to_address(context: GuardContext, address: str, identity: Mapping[str, Any]) -> bool:
    """Whether the address belongs to a network interface that the NSG applies to."""
    subnets = {str(interface).lower() for interface in identity.get("subnets") or []}
    group = str(identity.get("id", "")).lower()
    path = f"/subscriptions/{context.target.account}/providers/Microsoft.Network/networkInterfaces"
    for interface in members(context.cloud, path, VERSION):
        has_nsg = str(at(interface, "properties.networkSecurityGroup.id") or "").lower() == group
        for configuration in at(interface, "properties.ipConfigurations") or []:
            subnet = str(at(configuration, "properties.subnet.id") or "").lower()
            same_address = at(configuration, "properties.privateIPAddress") == address
            if same_address and (has_nsg or subnet in subnets):
                return True
    return False


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    return str(ipaddress.ip_network(getattr(parsed, "ipv4_mapped", None) or parsed))


def _notes(context: GuardContext, draft: PlannedChange) -> list[str]:
    after: Sequence[Mapping[str, Any]] = draft.after["rules"]
    by_name = {str(rule["name"]): rule for rule in after}
    changed = [rule for rule in draft.before["rules"] if by_name.get(str(rule["name"])) != rule]
    names = ", ".join(str(rule["name"]) for rule in changed)
    notes = []
    if any(str(rule["name"]).startswith("SecurityCenter-JITRule") for rule in changed):
        notes.append("just-in-time access created one of the rules and will remove it automatically")
    closed = [port for port in _WEB if _would_lose(draft, "internet", port)]
    if closed:
        notes.append(
            f"{names} also allows web clients on port {', '.join(map(str, closed))}: add a rule for them first"
        )
    managed = [p for p in _MANAGEMENT if any(covers(ports(rule), p) for rule in changed)]
    if managed and not _other_access(context):
        notes.append(
            f"sessions to port {', '.join(map(str, managed))} from outside the allowed networks will end, and the "
            "subscription has neither Azure Bastion nor a VPN gateway: make sure that you have other access"
        )
    return notes


def _other_access(context: GuardContext) -> bool:
    path = f"/subscriptions/{context.target.account}/providers/Microsoft.Network/bastionHosts"
    return bool(members(context.cloud, path, VERSION)) or _has_any(
        context, "microsoft.network/virtualnetworkgateways"
    )


GUARDS = {"nsg-operator-path": nsg_operator_path}
