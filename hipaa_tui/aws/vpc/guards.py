"""Looks at who relies on public addresses, on routes to the Internet and on its gateway, before they go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.lookups import instance_of, listed, pages, users
from hipaa_tui.aws.vpc.network_acl import interfaces_in
from hipaa_tui.aws.vpc.routes import EVERYWHERE
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import resource_type

ADDRESSES: Final = "aws.ec2.subnet-public-addresses"
ROUTES: Final = "aws.ec2.internet-routes"
ATTACHMENT: Final = "aws.ec2.internet-gateway-attachment"
TRANSIT: Final = "aws.ec2.transit-gateway-auto-accept"
_GATEWAY: Final = "igw-"


def _filtered(look: Look, operation: str, items: str, name: str, *values: str) -> list[dict[str, Any]]:
    filters = [{"Name": name, "Values": list(values)}]
    return pages(look, "ec2", operation, items, Filters=filters)


def _in_vpc(look: Look, operation: str, items: str, vpc: str) -> list[dict[str, Any]]:
    return _filtered(look, operation, items, "vpc-id", vpc)


def public(interface: Mapping[str, Any], *, six: bool = True) -> bool:
    """Can the Internet reach the interface by an address of its own?"""
    association = (interface.get("Association") or {}).get("PublicIp")
    return bool(association) or (six and bool(interface.get("Ipv6Addresses")))


# Subnets ---------------------------------------------------------------------------------------------


def subnet_launches(look: Look) -> Verdict:
    """Blocks where something starts instances in the subnet that reach the Internet by the address given to them."""
    drafts = [draft for draft in look.changes if draft.setting == ADDRESSES]
    if not drafts:
        return Outcome.PASS, "no subnet changes"
    subnet = drafts[0].target
    vpc = str(look.read(ADDRESSES, subnet).identity.get("VpcId") or "")
    if nodes := _node_groups(look, subnet.name):
        return (
            Outcome.BLOCK,
            f"the EKS node groups {listed(nodes)} start nodes here and need the address to join: move them to a "
            "private subnet first",
        )
    table = _table_of(look, subnet.name, vpc)
    if table is None or not _leads_out(table):
        return Outcome.PASS, "no route leads from the subnet to the Internet, so the addresses reach nothing"
    relying = [
        str(one["AutoScalingGroupName"]) for one in _groups_here(look, subnet.name) if _silent(look, one)
    ]
    if relying:
        return (
            Outcome.BLOCK,
            f"the Auto Scaling groups {listed(relying)} start instances here that reach the Internet by the address "
            "given to them: say AssociatePublicIpAddress in their launch template, or move them behind a NAT gateway",
        )
    kept = [one for one in interfaces_in(look.cloud, subnet, [subnet.name]) if public(one, six=False)]
    hosts = sorted({instance_of(one) for one in kept} - {""})
    if hosts:
        return (
            Outcome.WARN,
            f"{listed(hosts)} keep the addresses that they have; what is started here by hand from now on has no way "
            "to the Internet unless it asks for one",
        )
    return Outcome.PASS, "nothing that starts instances here relies on the address"


def _node_groups(look: Look, subnet: str) -> list[str]:
    found = []
    for cluster in pages(look, "eks", "ListClusters", "clusters"):
        names = pages(look, "eks", "ListNodegroups", "nodegroups", clusterName=str(cluster))
        for name in names:
            asked = {"clusterName": str(cluster), "nodegroupName": str(name)}
            about = look.cloud.call(Call("aws", "eks", "DescribeNodegroup", asked, look.target.region))
            if subnet in (about["nodegroup"].get("subnets") or []):
                found.append(f"{cluster}/{name}")
    return sorted(found)


def _groups_here(look: Look, subnet: str) -> list[dict[str, Any]]:
    found = pages(look, "autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups")
    return [one for one in found if subnet in str(one.get("VPCZoneIdentifier") or "").split(",")]


def _silent(look: Look, group: Mapping[str, Any]) -> bool:
    """Does the group's template say nothing of public addresses, so that the subnet decides?"""
    mixed = ((group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}).get(
        "LaunchTemplateSpecification"
    )
    template = group.get("LaunchTemplate") or mixed
    if template:
        which = {
            key: template[key] for key in ("LaunchTemplateId", "LaunchTemplateName") if template.get(key)
        }
        if "LaunchTemplateId" in which:
            which.pop("LaunchTemplateName", None)
        versions = [str(template.get("Version") or "$Default")]
        found = pages(
            look,
            "ec2",
            "DescribeLaunchTemplateVersions",
            "LaunchTemplateVersions",
            Versions=versions,
            **which,
        )
        data = [one.get("LaunchTemplateData") or {} for one in found]
        cards = [card for one in data for card in one.get("NetworkInterfaces") or []]
        return not any(card.get("AssociatePublicIpAddress") is not None for card in cards)
    name = group.get("LaunchConfigurationName")
    if not name:
        return True
    found = pages(
        look,
        "autoscaling",
        "DescribeLaunchConfigurations",
        "LaunchConfigurations",
        LaunchConfigurationNames=[name],
    )
    return not any(one.get("AssociatePublicIpAddress") is not None for one in found)


def _table_of(look: Look, subnet: str, vpc: str) -> Mapping[str, Any] | None:
    """The route table that the subnet goes by: its own, or else the VPC's main one."""
    tables = _in_vpc(look, "DescribeRouteTables", "RouteTables", vpc)
    own = [one for one in tables if subnet in _subnets(one)]
    main = [one for one in tables if any(each.get("Main") for each in one.get("Associations") or [])]
    return next(iter([*own, *main]), None)


def _subnets(table: Mapping[str, Any]) -> list[str]:
    return [str(one["SubnetId"]) for one in table.get("Associations") or [] if one.get("SubnetId")]


def _leads_out(table: Mapping[str, Any]) -> bool:
    return any(str(one.get("GatewayId") or "").startswith(_GATEWAY) for one in table.get("Routes") or [])


# Routes and gateways ---------------------------------------------------------------------------------


def internet_route_unused(look: Look) -> Verdict:
    """Blocks where anything in the table's subnets has a public address, or will get one."""
    drafts = [draft for draft in look.changes if draft.setting == ROUTES]
    if not drafts:
        return Outcome.PASS, "no route changes"
    table = drafts[0].target
    identity = look.read(ROUTES, table).identity
    vpc = str(identity.get("VpcId") or "")
    subnets = [str(one) for one in identity.get("Subnets") or []]
    all_of_vpc = _in_vpc(look, "DescribeSubnets", "Subnets", vpc)
    if identity.get("IsMain"):
        # The main table is for every subnet that names no other.
        tables = _in_vpc(look, "DescribeRouteTables", "RouteTables", vpc)
        elsewhere = {
            subnet for one in tables if one["RouteTableId"] != table.name for subnet in _subnets(one)
        }
        subnets = sorted({str(one["SubnetId"]) for one in all_of_vpc} - elsewhere)
    reached = [one for one in interfaces_in(look.cloud, table, subnets) if public(one)]
    if reached:
        return (
            Outcome.BLOCK,
            f"{listed(users(reached))} talks to the Internet over this route: leave it and except the finding where "
            "that is meant, or move it behind a load balancer or NAT gateway of another subnet first",
        )
    giving = [
        str(one["SubnetId"])
        for one in all_of_vpc
        if str(one["SubnetId"]) in subnets and one.get("MapPublicIpOnLaunch")
    ]
    giving = [one for one in giving if _still_gives(look, one)]
    if giving:
        return (
            Outcome.BLOCK,
            f"{listed(giving)} gives new instances public addresses, which would lead nowhere: switch that off first "
            "(aws.ec2.subnet-public-addresses)",
        )
    return Outcome.PASS, f"nothing in {len(subnets)} subnets has a public address"


def _still_gives(look: Look, name: str) -> bool:
    """Does the subnet give addresses as the plan leaves it?"""
    where = look.target
    subnet = resource_type("AWS::EC2::Subnet").target(name, where.account, where.region, where.partition)
    return subnet is None or bool(look.read(ADDRESSES, subnet).value["MapPublicIpOnLaunch"])


def internet_gateway_unused(look: Look) -> Verdict:
    """Blocks where a route leads to the gateway or comes from it, or anything in its VPC has a public address."""
    drafts = [draft for draft in look.changes if draft.setting == ATTACHMENT]
    if not drafts:
        return Outcome.PASS, "no gateway changes"
    gateway, vpc = drafts[0].target.name, str(drafts[0].before["VpcId"])
    tables = _in_vpc(look, "DescribeRouteTables", "RouteTables", vpc)
    leading = sorted(set(_leading(look, tables, gateway)))
    meant = f"name {vpc} among authorized_vpcs if that is meant"
    if leading:
        return (
            Outcome.BLOCK,
            f"the gateway is used by {listed(leading)}: {meant}, else take the routes out first",
        )
    reached = [
        one for one in _in_vpc(look, "DescribeNetworkInterfaces", "NetworkInterfaces", vpc) if public(one)
    ]
    if reached:
        return Outcome.BLOCK, f"{listed(users(reached))} in {vpc} has a public address: {meant}"
    return Outcome.PASS, f"no route of {vpc} leads to the gateway, and nothing there has a public address"


def _leading(look: Look, tables: Sequence[Mapping[str, Any]], gateway: str) -> Iterator[str]:
    """The tables with a route to the gateway, as the plan leaves them, or that stand at its edge."""
    for one in tables:
        routes = [
            str(route.get("GatewayId") or "")
            for route in one.get("Routes") or []
            if str(route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock"))
            not in EVERYWHERE
        ]
        edges = [str(each.get("GatewayId") or "") for each in one.get("Associations") or []]
        where, name = look.target, str(one["RouteTableId"])
        table = resource_type("AWS::EC2::RouteTable").target(
            name, where.account, where.region, where.partition
        )
        if table is not None:
            routes += [str(each["gateway"]) for each in look.read(ROUTES, table).value["routes"]]
        if gateway in (*routes, *edges):
            yield name


def attachments_known(look: Look) -> Verdict:
    """Warns with the networks of other accounts that were attached unasked so far."""
    drafts = [draft for draft in look.changes if draft.setting == TRANSIT]
    if not drafts:
        return Outcome.PASS, "no transit gateway changes"
    found = _filtered(
        look,
        "DescribeTransitGatewayAttachments",
        "TransitGatewayAttachments",
        "transit-gateway-id",
        drafts[0].target.name,
    )
    strangers = sorted(
        {
            f"{one.get('ResourceId')} of {one.get('ResourceOwnerId')}"
            for one in found
            if one.get("ResourceOwnerId") not in (None, look.target.account)
            and one.get("State") not in ("deleted", "deleting", "rejected")
        }
    )
    if strangers:
        return Outcome.WARN, f"{listed(strangers)} stay attached: look whether each of them is known to you"
    return Outcome.PASS, "no other account's network is attached"


GUARDS: Final = {
    "attachments-known": attachments_known,
    "subnet-launches": subnet_launches,
    "internet-route-unused": internet_route_unused,
    "internet-gateway-unused": internet_gateway_unused,
}
CAUTIOUS: Final = ("subnet-launches", "internet-route-unused", "internet-gateway-unused")
