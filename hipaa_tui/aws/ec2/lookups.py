"""What the guards of security groups look at together: network interfaces, and what rules let in."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.ingress import ALL, Rule, opened, plain
from hipaa_tui.providers.guard import Draft, Look
from hipaa_tui.providers.model import Call

INGRESS: Final = "aws.ec2.security-group-ingress"
_SHOWN: Final = 5
_LAST: Final = 65_535

Interface = Mapping[str, Any]


def interfaces(look: Look, name: str, value: str) -> list[dict[str, Any]]:
    """The network interfaces that a filter of DescribeNetworkInterfaces finds ("group-id", "vpc-id")."""
    return pages(look, "ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=_filters(name, value))


def groups(look: Look, name: str, value: str) -> list[dict[str, Any]]:
    """The security groups that a filter of DescribeSecurityGroups finds."""
    return pages(look, "ec2", "DescribeSecurityGroups", "SecurityGroups", Filters=_filters(name, value))


def pages(look: Look, service: str, operation: str, items: str, **arguments: Any) -> list[dict[str, Any]]:
    """All that a list call of the target's region gives."""
    return look.cloud.pages(Call("aws", service, operation, arguments, look.target.region), items)


def _filters(name: str, value: str) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]}]


def of_load_balancer(interface: Interface) -> bool:
    """Is it an interface of Elastic Load Balancing, which calls its own "ELB app/NAME/ID", "ELB NAME" and so on?"""
    return str(interface.get("Description", "")).startswith("ELB ") or "load_balancer" in str(
        interface.get("InterfaceType", "")
    )


def instance_of(interface: Interface) -> str:
    """The instance that it is attached to, "" where it is none's."""
    return str((interface.get("Attachment") or {}).get("InstanceId") or "")


def addresses(interface: Interface) -> set[str]:
    """Its private, public and IPv6 addresses."""
    private = interface.get("PrivateIpAddresses") or []
    found = {str(one.get("PrivateIpAddress")) for one in private}
    found |= {str((one.get("Association") or {}).get("PublicIp")) for one in private}
    found |= {str(one.get("Ipv6Address")) for one in interface.get("Ipv6Addresses") or []}
    found.add(str(interface.get("PrivateIpAddress")))
    return found - {"None"}


def users(found: Sequence[Interface]) -> list[str]:
    """What the interfaces belong to: instances by their id, the rest by what the service calls it."""
    return sorted(
        {instance_of(one) or str(one.get("Description") or one["NetworkInterfaceId"]) for one in found}
    )


def lost(draft: Draft, port: int) -> bool:
    """Is the port open to the Internet before the change, and not after it?"""
    return _open(draft.before["rules"], port) and not _open(draft.after["rules"], port)


def _open(rules: Sequence[Mapping[str, Any]], port: int) -> bool:
    return any(opened(rule, (), [port]) for rule in rules)


def admits(rules: Sequence[Mapping[str, Any]], network: str, port: int) -> bool:
    """Does a rule let all of `network` in on a TCP port? What groups and prefix lists hold is not looked up."""
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
    """Is the rule about any of these TCP ports?"""
    if rule["protocol"] == ALL:
        return True
    first, last = rule.get("from", 0), rule.get("to", _LAST)
    return rule["protocol"] == "tcp" and any(first <= port <= last for port in ports)


def listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def ports_text(ports: Sequence[int]) -> str:
    return ", ".join(map(str, ports))
