"""Looks whose way in goes through the rules that are to be narrowed: the operator's own above all."""

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
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import CloudError

_WEB: Final = (80, 443)
_MANAGEMENT: Final = (22, 3389, 5985, 5986)
_CONTROLLERS: Final = ("elbv2.k8s.aws/cluster", "ingress.k8s.aws/cluster")
SESSION: Final = "SSH_CONNECTION"
"""Where sshd tells a login shell "client-address client-port server-address server-port" (sshd(8))."""


def sg_operator_path(look: Look) -> Verdict:
    """Blocks where the operator's own way in would close; warns of other people's sessions."""
    drafts = [draft for draft in look.changes if draft.setting == INGRESS]
    if not drafts:
        return Outcome.PASS, "no rule changes"
    draft = drafts[0]
    keeper = _kept_by(look.read(INGRESS, draft.target).identity.get("Tags") or {})
    if keeper:
        return Outcome.BLOCK, f"{keeper} keeps this group's rules and would put them back: change them there"
    found = interfaces(look, "group-id", draft.target.name)
    if not found:
        return Outcome.PASS, "nothing uses the group now"
    if cut := _own_way(look, draft, found):
        return Outcome.BLOCK, cut
    hosts = [one for one in found if not of_load_balancer(one)]
    notes = []
    web = [port for port in _WEB if lost(draft, port)]
    if web and hosts:
        notes.append(
            f"visitors from the Internet on {ports_text(web)} are refused too: add rules for them first"
        )
    closed = [port for port in _MANAGEMENT if lost(draft, port)]
    if closed and hosts:
        without = _without_session_manager(look, hosts)
        if without:
            notes.append(
                f"sessions on {ports_text(closed)} to {without} start only from "
                f"{', '.join(_allowed(draft)) or 'nowhere'}, and Session Manager does not reach it: "
                "make sure that you have that way in"
            )
    if notes:
        return Outcome.WARN, "; ".join(notes)
    if closed:
        return Outcome.PASS, f"Session Manager reaches {listed(users(hosts)) or 'what there is'} still"
    return Outcome.PASS, f"nobody's way to {listed(users(found))} on a web or management port changes"


def _kept_by(tags: Mapping[str, str]) -> str:
    for key, value in tags.items():
        if key in _CONTROLLERS:
            return f"the load balancer controller of the Kubernetes cluster {value}"
        if key.startswith("kubernetes.io/cluster/") and value == "owned":
            return f"the Kubernetes cluster {key.rpartition('/')[2]}"
    return ""


# The operator's own way in ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Way:
    """A way in that must stay: from a network, on a port, through some of the interfaces."""

    network: str
    port: int
    through: tuple[Interface, ...]
    what: str


def _own_way(look: Look, draft: Draft, found: Sequence[Interface]) -> str:
    """Which way of the operator's the change closes, as a sentence; "" where none.

    Known are the session in which this runs, where sshd of a host behind the group tells of it, and the
    network that the operator names. Nobody else is asked where the operator is.
    """
    for way in (*_this_session(found), *_named(look, found)):
        before, after = (
            admits(value["rules"], way.network, way.port) for value in (draft.before, draft.after)
        )
        if before and not after:
            through = [one for one in way.through if not _by_another_group(look, draft, one, way)]
            if through:
                return (
                    f"{way.what} ({way.network} on {way.port} to {listed(users(through))}) would be refused: "
                    f"name {way.network} among the networks that may still come in"
                )
    return ""


def _this_session(found: Sequence[Interface]) -> list[_Way]:
    parts = os.environ.get(SESSION, "").split()
    if len(parts) != 4 or not parts[3].isdigit():
        return []
    client, server = _address(parts[0]), _address(parts[2])
    here = tuple(one for one in found if server in addresses(one))
    return (
        [_Way(_network(client), int(parts[3]), here, "the session that you are in")]
        if client and here
        else []
    )


def _named(look: Look, found: Sequence[Interface]) -> list[_Way]:
    network = str(look.parameters.get("operator_cidr") or "")
    hosts = tuple(one for one in found if not of_load_balancer(one))
    if not network or not hosts:
        return []
    return [_Way(network, port, hosts, "your own way in") for port in _MANAGEMENT]


def _by_another_group(look: Look, draft: Draft, interface: Interface, way: _Way) -> bool:
    """Does another group of the interface let the operator in as well?"""
    others = [str(one["GroupId"]) for one in interface.get("Groups") or []]
    for id in others:
        for group in groups(look, "group-id", id) if id != draft.target.name else ():
            rules = flattened(group.get("IpPermissions") or [], str(group.get("OwnerId")))
            if admits(rules, way.network, way.port):
                return True
    return False


def _address(text: str) -> str:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def _network(address: str) -> str:
    return str(ipaddress.ip_network(address))


# Other people's --------------------------------------------------------------------------------------


def _without_session_manager(look: Look, hosts: Sequence[Interface]) -> str:
    """What Session Manager does not reach, "" where it reaches all; what is no instance it never reaches."""
    ids = sorted({instance_of(one) for one in hosts} - {""})
    rest = [one for one in hosts if not instance_of(one)]
    if not ids:
        return listed(users(rest))
    try:
        known = pages(
            look,
            "ssm",
            "DescribeInstanceInformation",
            "InstanceInformationList",
            Filters=[{"Key": "InstanceIds", "Values": ids[:50]}],
        )
    except CloudError:
        known = []
    online = {str(one["InstanceId"]) for one in known if one.get("PingStatus") == "Online"}
    return listed([*(one for one in ids if one not in online), *users(rest)])


def _allowed(draft: Draft) -> list[str]:
    """Who may use a management port after the change."""
    return sorted(
        {str(rule["source"]) for rule in map(plain, draft.after["rules"]) if covers(rule, _MANAGEMENT)}
    )


GUARDS = {"sg-operator-path": sg_operator_path}
CAUTIOUS = ("sg-operator-path",)
