"""Looks whose way in a narrowed rule would close: Azure's own services, an operator's session, a web site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hipaa_tui.json_value import at
from hipaa_tui.plans.guards.model import Draft, Look, Outcome, Verdict
from hipaa_tui.settings.azure.arm import get, members
from hipaa_tui.settings.azure.ids import parse
from hipaa_tui.settings.azure.network import VERSION, inbound_allow, ports, sources
from hipaa_tui.settings.azure.network_sources import covers

SETTING = "azure.network.nsg-rules"
_INTERNET = frozenset({"*", "internet", "0.0.0.0/0", "any"})
_MANAGEMENT = (22, 3389, 5985, 5986)
_WEB = (80, 443)
_GATEWAY_PORT = 65200
"""First of the ports that Application Gateway v2 is managed on (Azure, "Application Gateway infrastructure")."""
BASTION = (("internet", 443), ("gatewaymanager", 443))
"""What AzureBastionSubnet needs inbound (Azure, "Working with NSG access and Azure Bastion")."""


def nsg_operator_path(look: Look) -> Verdict:
    """Blocks what Azure's services need or would put back; warns of sessions and sites that are cut."""
    drafts = [draft for draft in look.changes if draft.setting == SETTING]
    if not drafts:
        return Outcome.PASS, "no rule changes"
    draft = drafts[0]
    identity = look.read(SETTING, draft.target).identity
    keeper = _kept_by(identity)
    if keeper:
        return Outcome.BLOCK, f"{keeper} keeps this group's rules and would put them back: change them there"
    after = draft.after["rules"]
    for subnet in identity.get("subnets") or []:
        needed = _platform_need(look, str(subnet), draft.before["rules"], after)
        if needed:
            return Outcome.BLOCK, needed
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


def _platform_need(look: Look, subnet: str, before: Sequence[Any], after: Sequence[Any]) -> str:
    """What a platform service on the subnet needs, has now and would lose; "" where nothing."""
    found = parse(subnet)
    name = found.name.lower() if found else ""
    if name == "azurebastionsubnet":
        for source, port in BASTION:
            if _lets(before, source, port) and not _lets(after, source, port):
                return f"Azure Bastion needs port {port} from {source.title()}, and no rule would let it in any more"
        return ""
    if found is None:
        return ""
    gateways = at(get(look.cloud, subnet, VERSION), "properties.applicationGatewayIPConfigurations")
    if (
        gateways
        and _lets(before, "gatewaymanager", _GATEWAY_PORT)
        and not _lets(after, "gatewaymanager", _GATEWAY_PORT)
    ):
        return "Application Gateway needs ports 65200-65535 from GatewayManager: add a rule for them first"
    return ""


def _lets(rules: Sequence[Mapping[str, Any]], source: str, port: int) -> bool:
    """Does a rule let the service tag in on the port? (GatewayManager is an address of the Internet.)"""
    for rule in rules:
        named = {one.lower() for one in sources(rule)}
        if inbound_allow(rule) and covers(ports(rule), port) and (source in named or named & _INTERNET):
            return True
    return False


def _notes(look: Look, draft: Draft) -> list[str]:
    after = draft.after["rules"]
    unchanged = {str(rule["name"]): rule for rule in after}
    changed = [rule for rule in draft.before["rules"] if unchanged.get(str(rule["name"])) != rule]
    names = ", ".join(str(rule["name"]) for rule in changed)
    notes = []
    if any(str(rule["name"]).startswith("SecurityCenter-JITRule") for rule in changed):
        notes.append("just-in-time access made one of the rules and will remove it by itself")
    closed = [
        p for p in _WEB if _lets(draft.before["rules"], "internet", p) and not _lets(after, "internet", p)
    ]
    if closed:
        notes.append(
            f"{names} also lets web visitors in on {', '.join(map(str, closed))}: add a rule for them first"
        )
    managed = [p for p in _MANAGEMENT if any(covers(ports(rule), p) for rule in changed)]
    if managed and not _has_bastion(look):
        notes.append(
            f"sessions to {', '.join(map(str, managed))} from outside the allowed networks end, and the subscription "
            "has no Azure Bastion: make sure that you have another way in"
        )
    return notes


def _has_bastion(look: Look) -> bool:
    path = f"/subscriptions/{look.target.account}/providers/Microsoft.Network/bastionHosts"
    return bool(members(look.cloud, path, VERSION))


GUARDS = {"nsg-operator-path": nsg_operator_path}
