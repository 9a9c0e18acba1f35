"""Looks who comes in, and what goes out, by the public address of an instance before it is taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.addresses import addresses_of
from hipaa_tui.aws.ec2.instances import instance_of
from hipaa_tui.aws.ec2.lookups import listed, pages
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call

_ZONES: Final = 40
"""Hosted zones that are read for names of an address."""
_RECORDS: Final = "route53 addresses"
_EVERYWHERE: Final = ("0.0.0.0/0", "::/0")


def public_address_unused(look: Look) -> Verdict:
    """Blocks where a name, a route or the only way to the Internet hangs on the address, unless that is looked after.

    An instance without a public address has no way through an internet gateway (Amazon VPC User Guide, "Internet
    gateways"): neither in, nor out to package servers, Systems Manager and the APIs of AWS.
    """
    instance = instance_of(look.cloud, look.target)
    addresses = addresses_of(instance)
    if not addresses:
        return Outcome.PASS, "it has no public address today"
    tables = pages(look, "ec2", "DescribeRouteTables", "RouteTables", Filters=_of_vpc(instance))
    if through := _routed_through(instance, tables):
        return (
            Outcome.BLOCK,
            f"{through} send other systems' traffic through it, as a NAT instance: give them a NAT gateway first",
        )
    given_up = bool(look.parameters.get("address_given_up"))
    names, unseen = _names_of(look, addresses)
    if names and not given_up:
        return (
            Outcome.BLOCK,
            f"the DNS names {listed(names)} lead to it: move them to a load balancer first, or say "
            "address_given_up=true",
        )
    notes = [f"the DNS names {listed(names)} go on leading to it"] if names else []
    if _by_gateway(instance, tables):
        said = f"its subnet reaches the Internet by an internet gateway, so {listed(addresses)} is its only way in and out"
        if not given_up:
            return (
                Outcome.BLOCK,
                f"{said}: route the subnet to a NAT gateway (or give it the VPC endpoints that it needs), then say "
                "address_given_up=true",
            )
        notes.append(said)
    if group := _group_of(instance):
        notes.append(
            f"the Auto Scaling group {group} gives its next instances an address as its template says"
        )
    notes += unseen
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "no route leads from the Internet to its subnet, and no DNS name to its address"


def _of_vpc(instance: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [str(instance.get("VpcId") or "")]}]


def _routed_through(instance: Mapping[str, Any], tables: Sequence[Mapping[str, Any]]) -> str:
    """The route tables that lead to one of its interfaces, as text."""
    mine = {str(one.get("NetworkInterfaceId")) for one in instance.get("NetworkInterfaces") or []}
    mine.add(str(instance["InstanceId"]))
    found = sorted(
        str(table["RouteTableId"])
        for table in tables
        if any(
            {str(route.get("InstanceId")), str(route.get("NetworkInterfaceId"))} & mine
            for route in table.get("Routes") or []
        )
    )
    return listed(found)


def _by_gateway(instance: Mapping[str, Any], tables: Sequence[Mapping[str, Any]]) -> bool:
    """Does an internet gateway serve a default route of its subnet?"""

    def of(table: Mapping[str, Any], **wanted: Any) -> bool:
        return any(wanted.items() <= one.items() for one in table.get("Associations") or [])

    own = [table for table in tables if of(table, SubnetId=instance.get("SubnetId"))]
    for table in own or [table for table in tables if of(table, Main=True)]:
        for route in table.get("Routes") or []:
            to = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")
            if to in _EVERYWHERE and str(route.get("GatewayId") or "").startswith("igw-"):
                return True
    return False


def _names_of(look: Look, addresses: Sequence[str]) -> tuple[list[str], list[str]]:
    """(Route 53's names of the addresses, what was not looked at)."""
    if _RECORDS not in look.memory:
        asked = Call("aws", "route53", "ListHostedZones", {}, look.target.region)
        zones = look.cloud.pages(asked, "HostedZones")
        names: dict[str, list[str]] = {}
        for zone in zones[:_ZONES]:
            listing = Call(
                "aws", "route53", "ListResourceRecordSets", {"HostedZoneId": zone["Id"]}, look.target.region
            )
            for record in look.cloud.pages(listing, "ResourceRecordSets"):
                for one in record.get("ResourceRecords") or []:
                    if record.get("Type") == "A":
                        names.setdefault(str(one["Value"]), []).append(str(record["Name"]).rstrip("."))
        left = len(zones) - _ZONES
        unseen = [f"{left} hosted zones were not searched for names of its address"] if left > 0 else []
        look.memory[_RECORDS] = {"names": names, "unseen": unseen}
    held = look.memory[_RECORDS]
    found = {name for address in addresses for name in held["names"].get(address, [])}
    return sorted(found), list(held["unseen"])


def _group_of(instance: Mapping[str, Any]) -> str:
    tags = {str(tag["Key"]): str(tag["Value"]) for tag in instance.get("Tags") or []}
    return tags.get("aws:autoscaling:groupName", "")


GUARDS = {"public-address-unused": public_address_unused}
CAUTIOUS = ("public-address-unused",)
