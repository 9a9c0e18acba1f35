"""Checks what depends on an instance's public address before it is removed: routes, DNS names, Internet access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.addresses import addresses_of
from hipaa_tui.aws.ec2.instances import instance_of
from hipaa_tui.aws.ec2.lookups import listed, pages
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call

_MAX_ZONES: Final = 40
"""Maximum number of hosted zones searched for records of an address."""
_RECORDS: Final = "route53 addresses"
_EVERYWHERE: Final = ("0.0.0.0/0", "::/0")


def public_address_unused(context: GuardContext) -> Verdict:
    """Blocks where a route, a DNS name or the instance's only Internet access depends on the address.

    With address_given_up, the operator says that names and access are taken care of, and the guard only warns. An
    instance without a public address cannot use an internet gateway (Amazon VPC User Guide, "Internet gateways"):
    neither inbound, nor to reach package servers, Systems Manager and the APIs of AWS.
    """
    instance = instance_of(context.cloud, context.target)
    addresses = addresses_of(instance)
    if not addresses:
        return Outcome.PASS, "the instance has no public address"
    tables = pages(context, "ec2", "DescribeRouteTables", "RouteTables", Filters=_of_vpc(instance))
    if through := _routed_through(instance, tables):
        return (
            Outcome.BLOCK,
            f"{through} route other systems' traffic through the instance, as a NAT instance: give them a NAT "
            "gateway first",
        )
    given_up = bool(context.parameters.get("address_given_up"))
    names, unsearched = _names_of(context, addresses)
    if names and not given_up:
        return (
            Outcome.BLOCK,
            f"the DNS names {listed(names)} resolve to its public address: move them to a load balancer first, or "
            "set address_given_up=true",
        )
    notes = [f"the DNS names {listed(names)} still resolve to its public address"] if names else []
    if _by_gateway(instance, tables):
        reason = (
            f"its subnet reaches the Internet through an internet gateway, so {listed(addresses)} is its only way "
            "in and out"
        )
        if not given_up:
            return (
                Outcome.BLOCK,
                f"{reason}: route the subnet to a NAT gateway (or create the VPC endpoints that it needs), then set "
                "address_given_up=true",
            )
        notes.append(reason)
    if group := _group_of(instance):
        notes.append(
            f"the Auto Scaling group {group} gives its next instances a public address if its launch template says so"
        )
    notes += unsearched
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return (
        Outcome.PASS,
        "its subnet has no route to an internet gateway, and no DNS name resolves to its address",
    )


def _of_vpc(instance: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [str(instance.get("VpcId") or "")]}]


def _routed_through(instance: Mapping[str, Any], tables: Sequence[Mapping[str, Any]]) -> str:
    """Returns the route tables with a route to one of the instance's interfaces, as text."""
    own_ids = {
        str(interface.get("NetworkInterfaceId")) for interface in instance.get("NetworkInterfaces") or []
    }
    own_ids.add(str(instance["InstanceId"]))
    through = sorted(
        str(table["RouteTableId"])
        for table in tables
        if any(
            {str(route.get("InstanceId")), str(route.get("NetworkInterfaceId"))} & own_ids
            for route in table.get("Routes") or []
        )
    )
    return listed(through)


def _by_gateway(instance: Mapping[str, Any], tables: Sequence[Mapping[str, Any]]) -> bool:
    """Does the subnet's default route go to an internet gateway?"""

    def of(table: Mapping[str, Any], **wanted: Any) -> bool:
        return any(wanted.items() <= association.items() for association in table.get("Associations") or [])

    own = [table for table in tables if of(table, SubnetId=instance.get("SubnetId"))]
    for table in own or [table for table in tables if of(table, Main=True)]:
        for route in table.get("Routes") or []:
            to = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")
            if to in _EVERYWHERE and str(route.get("GatewayId") or "").startswith("igw-"):
                return True
    return False


def _names_of(context: GuardContext, addresses: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns (the Route 53 names of the addresses, what was not searched)."""
    if _RECORDS not in context.memory:
        request = Call("aws", "route53", "ListHostedZones", {}, context.target.region)
        zones = context.cloud.pages(request, "HostedZones")
        names: dict[str, list[str]] = {}
        for zone in zones[:_MAX_ZONES]:
            listing = Call(
                "aws",
                "route53",
                "ListResourceRecordSets",
                {"HostedZoneId": zone["Id"]},
                context.target.region,
            )
            for record in context.cloud.pages(listing, "ResourceRecordSets"):
                for value in record.get("ResourceRecords") or []:
                    if record.get("Type") == "A":
                        names.setdefault(str(value["Value"]), []).append(str(record["Name"]).rstrip("."))
        left = len(zones) - _MAX_ZONES
        unsearched = [f"{left} hosted zones were not searched for names of its address"] if left > 0 else []
        context.memory[_RECORDS] = {"names": names, "unseen": unsearched}
    records = context.memory[_RECORDS]
    names_found = {name for address in addresses for name in records["names"].get(address, [])}
    return sorted(names_found), list(records["unseen"])


def _group_of(instance: Mapping[str, Any]) -> str:
    tags = {str(tag["Key"]): str(tag["Value"]) for tag in instance.get("Tags") or []}
    return tags.get("aws:autoscaling:groupName", "")


GUARDS = {"public-address-unused": public_address_unused}
BLOCK_ON_ERROR = ("public-address-unused",)
