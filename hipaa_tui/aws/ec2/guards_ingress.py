"""Checks that narrower security group rules leave the operator's own access open, and whose sessions they close."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hipaa_tui.aws.ec2.ingress import flattened, plain
from hipaa_tui.aws.ec2.lookups import (
    INGRESS,
    Interface,
    addresses,
    admits,
    covers,
    groups,
    instance_of,
    interfaces,
    listed,
    lost,
    of_load_balancer,
    pages,
    ports_text,
    users,
)
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import CloudError

_WEB: Final = (80, 443)
_MANAGEMENT: Final = (22, 3389, 5985, 5986)
_CONTROLLERS: Final = ("elbv2.k8s.aws/cluster", "ingress.k8s.aws/cluster")
SESSION: Final = "SSH_CONNECTION"
"""Variable that sshd sets in a login shell: "client-address client-port server-address server-port" (sshd(8))."""


def sg_operator_path(context: GuardContext) -> Verdict:
    """Blocks where the operator's own access would close, and where a Kubernetes controller manages the rules.

    Warns of web visitors, and of SSH, RDP and WinRM sessions that Session Manager cannot replace.
    """
    drafts = [draft for draft in context.changes if draft.setting == INGRESS]
    if not drafts:
        return Outcome.PASS, "no rule changes"
    draft = drafts[0]
    keeper = _managed_by(context.read(INGRESS, draft.target).identity.get("Tags") or {})
    if keeper:
        return Outcome.BLOCK, f"{keeper} manages this group's rules and would restore them: change them there"
    attached = interfaces(context, "group-id", draft.target.name)
    if not attached:
        return Outcome.PASS, "no network interface uses the group"
    if reason := _operator_cut_off(context, draft, attached):
        return Outcome.BLOCK, reason
    hosts = [interface for interface in attached if not of_load_balancer(interface)]
    notes = []
    web = [port for port in _WEB if lost(draft, port)]
    if web and hosts:
        notes.append(
            f"visitors from the Internet on {ports_text(web)} will be refused too: add rules for them first"
        )
    closed = [port for port in _MANAGEMENT if lost(draft, port)]
    if closed and hosts:
        without = _without_session_manager(context, hosts)
        if without:
            notes.append(
                f"sessions on {ports_text(closed)} to {without} will be accepted only from "
                f"{', '.join(_allowed(draft)) or 'nowhere'}, and Session Manager cannot reach it: make sure that "
                "you have that way in"
            )
    if notes:
        return Outcome.WARN, "; ".join(notes)
    if closed:
        reached = (
            f"Session Manager still reaches {listed(users(hosts))}" if hosts else "no host uses the group"
        )
        return Outcome.PASS, reached
    return Outcome.PASS, f"access to {listed(users(attached))} on web and management ports does not change"


def _managed_by(tags: Mapping[str, str]) -> str:
    """Returns the Kubernetes controller or cluster that manages a group with these tags, "" where none does."""
    for key, value in tags.items():
        if key in _CONTROLLERS:
            return f"the load balancer controller of the Kubernetes cluster {value}"
        if key.startswith("kubernetes.io/cluster/") and value == "owned":
            return f"the Kubernetes cluster {key.rpartition('/')[2]}"
    return ""


# The operator's own access ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Access:
    """Access that must stay: from a network, on a port, through some of the interfaces."""

    network: str
    port: int
    through: tuple[Interface, ...]
    what: str


def _operator_cut_off(context: GuardContext, draft: PlannedChange, attached: Sequence[Interface]) -> str:
    """Returns which access of the operator the change closes, as a sentence; "" where none.

    Two are known: the current SSH session, where it runs on a host behind the group, and the network that the
    operator names (operator_cidr). No outside service is asked for the operator's address.
    """
    for access in (*_this_session(attached), *_named(context, attached)):
        before, after = (
            admits(value["rules"], access.network, access.port) for value in (draft.before, draft.after)
        )
        if before and not after:
            through = [
                interface
                for interface in access.through
                if not _by_another_group(context, draft, interface, access)
            ]
            if through:
                return (
                    f"{access.what} ({access.network} on {access.port} to {listed(users(through))}) would be refused: add "
                    f"{access.network} to the networks that stay allowed"
                )
    return ""


def _this_session(attached: Sequence[Interface]) -> list[_Access]:
    parts = os.environ.get(SESSION, "").split()
    if len(parts) != 4 or not parts[3].isdigit():
        return []
    client, server = _address(parts[0]), _address(parts[2])
    here = tuple(interface for interface in attached if server in addresses(interface))
    return [_Access(_network(client), int(parts[3]), here, "your current session")] if client and here else []


def _named(context: GuardContext, attached: Sequence[Interface]) -> list[_Access]:
    network = str(context.parameters.get("operator_cidr") or "")
    hosts = tuple(interface for interface in attached if not of_load_balancer(interface))
    if not network or not hosts:
        return []
    return [_Access(network, port, hosts, "your own access") for port in _MANAGEMENT]


def _by_another_group(
    context: GuardContext, draft: PlannedChange, interface: Interface, access: _Access
) -> bool:
    """Does another security group of the interface admit the operator as well?"""
    others = [str(attached["GroupId"]) for attached in interface.get("Groups") or []]
    for id in others:
        for group in groups(context, "group-id", id) if id != draft.target.name else ():
            rules = flattened(group.get("IpPermissions") or [], str(group.get("OwnerId")))
            if admits(rules, access.network, access.port):
                return True
    return False


def _address(text: str) -> str:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _network(address: str) -> str:
    return str(ipaddress.ip_network(address))


# Other people's sessions -----------------------------------------------------------------------------


def _without_session_manager(context: GuardContext, hosts: Sequence[Interface]) -> str:
    """Returns the hosts that Session Manager does not reach, "" for none. It never reaches what is not an instance."""
    ids = sorted({instance_of(host) for host in hosts} - {""})
    rest = [host for host in hosts if not instance_of(host)]
    if not ids:
        return listed(users(rest))
    try:
        known = pages(
            context,
            "ssm",
            "DescribeInstanceInformation",
            "InstanceInformationList",
            Filters=[{"Key": "InstanceIds", "Values": ids[:50]}],
        )
    except CloudError:
        known = []
    online = {str(node["InstanceId"]) for node in known if node.get("PingStatus") == "Online"}
    return listed([*(id for id in ids if id not in online), *users(rest)])


def _allowed(draft: PlannedChange) -> list[str]:
    """Returns the sources that may use a management port after the change."""
    return sorted(
        {str(rule["source"]) for rule in map(plain, draft.after["rules"]) if covers(rule, _MANAGEMENT)}
    )


GUARDS = {"sg-operator-path": sg_operator_path}
BLOCK_ON_ERROR = ("sg-operator-path",)
