"""Lookups for guards of security groups: network interfaces, groups, and what rules admit."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.ingress import ALL, Rule, opened, plain
from hipaa_tui.providers.guard import GuardContext, PlannedChange
from hipaa_tui.providers.model import Call

INGRESS: Final = "aws.ec2.security-group-ingress"
_SHOWN: Final = 5
_LAST: Final = 65_535

Interface = Mapping[str, Any]


def interfaces(context: GuardContext, name: str, value: str) -> list[dict[str, Any]]:
    """Returns the network interfaces that match one filter of DescribeNetworkInterfaces ("group-id", "vpc-id")."""
    return pages(
        context, "ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=_filters(name, value)
    )


def groups(context: GuardContext, name: str, value: str) -> list[dict[str, Any]]:
    """Returns the security groups that match one filter of DescribeSecurityGroups."""
    return pages(context, "ec2", "DescribeSecurityGroups", "SecurityGroups", Filters=_filters(name, value))


def pages(
    context: GuardContext, service: str, operation: str, items: str, **arguments: Any
) -> list[dict[str, Any]]:
    """Returns all items of a list call in the target's region, from every page."""
    return context.cloud.pages(Call("aws", service, operation, arguments, context.target.region), items)


def _filters(name: str, value: str) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]}]


def of_load_balancer(interface: Interface) -> bool:
    """Does the interface belong to Elastic Load Balancing? Those are described as "ELB app/NAME/ID", "ELB NAME" etc."""
    return str(interface.get("Description", "")).startswith("ELB ") or "load_balancer" in str(
        interface.get("InterfaceType", "")
    )


def instance_of(interface: Interface) -> str:
    """Returns the id of the instance that the interface is attached to, "" for none."""
    return str((interface.get("Attachment") or {}).get("InstanceId") or "")


def addresses(interface: Interface) -> set[str]:
    """Returns the interface's private, public and IPv6 addresses."""
    private = interface.get("PrivateIpAddresses") or []
    every = {str(entry.get("PrivateIpAddress")) for entry in private}
    every |= {str((entry.get("Association") or {}).get("PublicIp")) for entry in private}
    every |= {str(entry.get("Ipv6Address")) for entry in interface.get("Ipv6Addresses") or []}
    every.add(str(interface.get("PrivateIpAddress")))
    return every - {"None"}


def users(attached: Sequence[Interface]) -> list[str]:
    """Returns what the interfaces belong to: the id of an instance, else the description that the service gave it."""
    return sorted(
        {
            instance_of(interface) or str(interface.get("Description") or interface["NetworkInterfaceId"])
            for interface in attached
        }
    )


def lost(draft: PlannedChange, port: int) -> bool:
    """Is the port open to the Internet before the change, and not after it?"""
    return _open(draft.before["rules"], port) and not _open(draft.after["rules"], port)


def _open(rules: Sequence[Mapping[str, Any]], port: int) -> bool:
    return any(opened(rule, (), [port]) for rule in rules)


def admits(rules: Sequence[Mapping[str, Any]], network: str, port: int) -> bool:
    """Does a rule admit all of `network` on a TCP port? Members of groups and prefix lists are not looked up."""
    wanted = ipaddress.ip_network(network, strict=False)
    for rule in map(plain, rules):
        if not covers(rule, [port]):
            continue
        try:
            source = ipaddress.ip_network(rule["source"], strict=False)
        except ValueError:
            continue
        if source.version == wanted.version and wanted.subnet_of(source):  # type: ignore[arg-type]
            return True
    return False


def covers(rule: Rule, ports: Sequence[int]) -> bool:
    """Does the rule apply to any of these TCP ports?"""
    if rule["protocol"] == ALL:
        return True
    first, last = rule.get("from", 0), rule.get("to", _LAST)
    return rule["protocol"] == "tcp" and any(first <= port <= last for port in ports)


def listed(names: Sequence[str]) -> str:
    """Joins the first five names, and says how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def ports_text(ports: Sequence[int]) -> str:
    return ", ".join(map(str, ports))
