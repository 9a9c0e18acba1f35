"""Hosts of Nitro Enclaves, and how the Internet reaches them: only for looking.

An enclave has no network of its own. Whoever owns its host owns the way in and out of it, and the host's credentials.
https://docs.aws.amazon.com/enclaves/latest/user/nitro-enclave.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.ec2.addresses import addresses_of
from hipaa_tui.aws.ec2.ingress import ALL, Rule, flattened
from hipaa_tui.aws.ec2.instances import Instances, existing, has_enclaves
from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

PUBLIC_PORTS: Final = frozenset({22, 80, 443})
"""Ports that Prowler lets a host show to the Internet (its enclave_sg_allow_ports)."""
PROXY_PORTS: Final = frozenset({5000, *range(8000, 8091), 9000})
"""Ports where proxies between TCP and an enclave's vsock usually listen (Prowler's enclave_vsock_ports)."""
_LAST: Final = 65_535
_LISTED: Final = 10


class Exposure(Setting):
    """{"Enclaves": bool, "PublicIp": [IPv4], "Ipv6": [global addresses], "Routes": ["0.0.0.0/0" or "::/0" that lead from the Internet]}

    What an instance without enclaves shows is not looked at.
    """

    id = "aws.ec2.enclave-host-exposure"
    title = "Ways from the Internet to the host"
    resource = Instances.name
    reads = operations("DescribeInstances", "DescribeRouteTables")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        instance = existing(cloud, target)
        if instance is None:
            return Reading(ABSENT)
        value: dict[str, Any] = {"Enclaves": has_enclaves(instance), "PublicIp": [], "Ipv6": [], "Routes": []}
        if value["Enclaves"]:
            value["PublicIp"] = addresses_of(instance)
            value["Ipv6"] = sorted(filter(_global, _ipv6_of(instance)))
            value["Routes"] = internet_routes(cloud, target, instance)
        return Reading(value, {"Arn": target.id, "InstanceId": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("an instance cannot be moved to another subnet: it is launched there anew")


class Ingress(Setting):
    """{"Enclaves": bool, "Open": [TCP and UDP ports that the Internet reaches, but 22, 80 and 443], "Proxy": [of the proxies' TCP ports]}

    Ports are texts: "8443", a range "9000-9100", "all". What an instance without enclaves lets in is not looked at.
    """

    id = "aws.ec2.enclave-host-ingress"
    title = "Ports of the host that the Internet reaches"
    resource = Instances.name
    reads = operations("DescribeInstances", "DescribeSecurityGroups")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        instance = existing(cloud, target)
        if instance is None:
            return Reading(ABSENT)
        value: dict[str, Any] = {"Enclaves": has_enclaves(instance), "Open": [], "Proxy": []}
        if value["Enclaves"]:
            ids = sorted({str(one["GroupId"]) for one in instance.get("SecurityGroups") or []})
            asked = call(target, "DescribeSecurityGroups", GroupIds=ids)
            groups = cloud.call(asked)["SecurityGroups"] if ids else []
            rules = [rule for one in groups for rule in flattened(one.get("IpPermissions") or [], "")]
            value["Open"] = sorted({text for rule in rules for text in open_ports(rule)})
            value["Proxy"] = [str(port) for port in sorted({n for rule in rules for n in proxy_ports(rule)})]
            value["Groups"] = ids
        return Reading(value, {"Arn": target.id, "InstanceId": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("its security groups are changed, each by itself")


def internet_routes(cloud: Cloud, target: Target, instance: Mapping[str, Any]) -> list[str]:
    """The default routes of its subnet that an internet gateway serves. Raises CloudError."""
    for name, wanted in (("association.subnet-id", "SubnetId"), ("vpc-id", "VpcId")):
        filters = [{"Name": name, "Values": [str(instance.get(wanted) or "")]}]
        if wanted == "VpcId":
            filters.append({"Name": "association.main", "Values": ["true"]})
        if tables := cloud.call(call(target, "DescribeRouteTables", Filters=filters)).get("RouteTables"):
            routes = [route for table in tables for route in table.get("Routes") or []]
            found = {
                str(route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock"))
                for route in routes
                if str(route.get("GatewayId") or "").startswith("igw-")
            }
            return sorted(found & {"0.0.0.0/0", "::/0"})
    return []


def open_ports(rule: Rule) -> list[str]:
    """The ports but the public ones that a rule opens to public addresses, as texts."""
    if not from_internet(str(rule["source"])):
        return []
    first, last = rule.get("from", 0), rule.get("to", _LAST)
    if rule["protocol"] == ALL:
        return ["all"]
    if rule["protocol"] not in ("tcp", "udp"):
        return []
    if (first, last) == (0, _LAST):
        return ["all"]
    found = sorted(set(range(first, last + 1)) - PUBLIC_PORTS)
    return [f"{first}-{last}"] if len(found) > _LISTED else [str(port) for port in found]


def proxy_ports(rule: Rule) -> set[int]:
    """The proxies' ports that a rule opens to public addresses."""
    if rule["protocol"] not in ("tcp", ALL) or not from_internet(str(rule["source"])):
        return set()
    if rule["protocol"] == ALL:
        return set(PROXY_PORTS)
    return set(range(rule.get("from", 0), rule.get("to", _LAST) + 1)) & PROXY_PORTS


def from_internet(source: str) -> bool:
    """Is the source everybody, or a public network?"""
    try:
        network = ipaddress.ip_network(source, strict=False)
    except ValueError:
        return False  # a group or a prefix list
    return network.prefixlen == 0 or network.is_global


def _ipv6_of(instance: Mapping[str, Any]) -> list[str]:
    return [
        str(one["Ipv6Address"])
        for interface in instance.get("NetworkInterfaces") or []
        for one in interface.get("Ipv6Addresses") or []
    ]


def _global(address: str) -> bool:
    return ipaddress.ip_address(address).is_global


SETTINGS = (Exposure(), Ingress())
