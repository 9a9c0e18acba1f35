"""Finds what relies on public addresses, Internet routes, Internet gateways and transit gateway attachments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.lookups import instance_of, listed, pages, users
from hipaa_tui.aws.vpc.network_acl import interfaces_in
from hipaa_tui.aws.vpc.routes import EVERYWHERE
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import resource_type

ADDRESSES: Final = "aws.ec2.subnet-public-addresses"
ROUTES: Final = "aws.ec2.internet-routes"
ATTACHMENT: Final = "aws.ec2.internet-gateway-attachment"
TRANSIT: Final = "aws.ec2.transit-gateway-auto-accept"
_GATEWAY: Final = "igw-"


def _filtered(
    context: GuardContext, operation: str, items: str, name: str, *values: str
) -> list[dict[str, Any]]:
    filters = [{"Name": name, "Values": list(values)}]
    return pages(context, "ec2", operation, items, Filters=filters)


def _in_vpc(context: GuardContext, operation: str, items: str, vpc: str) -> list[dict[str, Any]]:
    return _filtered(context, operation, items, "vpc-id", vpc)


def public(interface: Mapping[str, Any], *, six: bool = True) -> bool:
    """Whether the interface has a public IPv4 address or, if `six`, an IPv6 address."""
    association = (interface.get("Association") or {}).get("PublicIp")
    return bool(association) or (six and bool(interface.get("Ipv6Addresses")))


# Subnets ---------------------------------------------------------------------------------------------


def subnet_launches(context: GuardContext) -> Verdict:
    """Blocks when EKS node groups or Auto Scaling groups in the subnet need its automatic public addresses.

    Warns when instances there have a public address: later manual launches will get none.
    """
    drafts = [draft for draft in context.changes if draft.setting == ADDRESSES]
    if not drafts:
        return Outcome.PASS, "no subnet setting changes"
    subnet = drafts[0].target
    vpc = str(context.read(ADDRESSES, subnet).identity.get("VpcId") or "")
    if nodes := _node_groups(context, subnet.name):
        return (
            Outcome.BLOCK,
            f"the EKS node groups {listed(nodes)} launch nodes in this subnet, which need a public address to join: "
            "move them to a private subnet first",
        )
    table = _route_table_of(context, subnet.name, vpc)
    if table is None or not _routes_to_internet(table):
        return (
            Outcome.PASS,
            "the subnet has no route to an Internet gateway, so its public addresses are not in use",
        )
    relying = [
        str(one["AutoScalingGroupName"])
        for one in _auto_scaling_groups(context, subnet.name)
        if _subnet_decides(context, one)
    ]
    if relying:
        return (
            Outcome.BLOCK,
            f"the Auto Scaling groups {listed(relying)} rely on the subnet for their instances' public addresses: set "
            "AssociatePublicIpAddress in their launch template, or move them behind a NAT gateway",
        )
    with_address = [
        one for one in interfaces_in(context.cloud, subnet, [subnet.name]) if public(one, six=False)
    ]
    hosts = sorted({instance_of(one) for one in with_address} - {""})
    if hosts:
        return (
            Outcome.WARN,
            f"{listed(hosts)} keep their public addresses; instances launched here by hand from now on have no "
            "Internet access unless the launch requests a public address",
        )
    return Outcome.PASS, "nothing that launches instances in the subnet relies on its public addresses"


def _node_groups(context: GuardContext, subnet: str) -> list[str]:
    node_groups = []
    for cluster in pages(context, "eks", "ListClusters", "clusters"):
        names = pages(context, "eks", "ListNodegroups", "nodegroups", clusterName=str(cluster))
        for name in names:
            request = {"clusterName": str(cluster), "nodegroupName": str(name)}
            node_group = context.cloud.call(
                Call("aws", "eks", "DescribeNodegroup", request, context.target.region)
            )
            if subnet in (node_group["nodegroup"].get("subnets") or []):
                node_groups.append(f"{cluster}/{name}")
    return sorted(node_groups)


def _auto_scaling_groups(context: GuardContext, subnet: str) -> list[dict[str, Any]]:
    groups = pages(context, "autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups")
    return [group for group in groups if subnet in str(group.get("VPCZoneIdentifier") or "").split(",")]


def _subnet_decides(context: GuardContext, group: Mapping[str, Any]) -> bool:
    """Whether the group's launch template leaves the choice of a public address to the subnet."""
    mixed = ((group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}).get(
        "LaunchTemplateSpecification"
    )
    template = group.get("LaunchTemplate") or mixed
    if template:
        identifier = {
            key: template[key] for key in ("LaunchTemplateId", "LaunchTemplateName") if template.get(key)
        }
        if "LaunchTemplateId" in identifier:
            identifier.pop("LaunchTemplateName", None)
        versions = [str(template.get("Version") or "$Default")]
        launch_settings = pages(
            context,
            "ec2",
            "DescribeLaunchTemplateVersions",
            "LaunchTemplateVersions",
            Versions=versions,
            **identifier,
        )
        templates = [launch_setting.get("LaunchTemplateData") or {} for launch_setting in launch_settings]
        interfaces = [
            interface
            for launch_setting in templates
            for interface in launch_setting.get("NetworkInterfaces") or []
        ]
        return not any(interface.get("AssociatePublicIpAddress") is not None for interface in interfaces)
    name = group.get("LaunchConfigurationName")
    if not name:
        return True
    launch_settings = pages(
        context,
        "autoscaling",
        "DescribeLaunchConfigurations",
        "LaunchConfigurations",
        LaunchConfigurationNames=[name],
    )
    return not any(
        launch_setting.get("AssociatePublicIpAddress") is not None for launch_setting in launch_settings
    )


def _route_table_of(context: GuardContext, subnet: str, vpc: str) -> Mapping[str, Any] | None:
    """The subnet's route table: the associated one, or else the VPC's main route table."""
    tables = _in_vpc(context, "DescribeRouteTables", "RouteTables", vpc)
    own = [each_table for each_table in tables if subnet in _subnets(each_table)]
    main = [
        each_table
        for each_table in tables
        if any(each.get("Main") for each in each_table.get("Associations") or [])
    ]
    return next(iter([*own, *main]), None)


def _subnets(table: Mapping[str, Any]) -> list[str]:
    return [
        str(association["SubnetId"])
        for association in table.get("Associations") or []
        if association.get("SubnetId")
    ]


def _routes_to_internet(table: Mapping[str, Any]) -> bool:
    return any(str(route.get("GatewayId") or "").startswith(_GATEWAY) for route in table.get("Routes") or [])


# Routes and gateways ---------------------------------------------------------------------------------


def internet_route_unused(context: GuardContext) -> Verdict:
    """Blocks when anything in the route table's subnets has a public address, or new instances there will get one."""
    drafts = [draft for draft in context.changes if draft.setting == ROUTES]
    if not drafts:
        return Outcome.PASS, "no route table changes"
    table = drafts[0].target
    identity = context.read(ROUTES, table).identity
    vpc = str(identity.get("VpcId") or "")
    subnets = [str(one) for one in identity.get("Subnets") or []]
    vpc_subnets = _in_vpc(context, "DescribeSubnets", "Subnets", vpc)
    if identity.get("IsMain"):
        # The main route table applies to every subnet without an association of its own.
        tables = _in_vpc(context, "DescribeRouteTables", "RouteTables", vpc)
        elsewhere = {
            subnet for one in tables if one["RouteTableId"] != table.name for subnet in _subnets(one)
        }
        subnets = sorted({str(one["SubnetId"]) for one in vpc_subnets} - elsewhere)
    reached = [one for one in interfaces_in(context.cloud, table, subnets) if public(one)]
    if reached:
        return (
            Outcome.BLOCK,
            f"{listed(users(reached))} has a public address and uses this route: record an exception for the finding "
            "if that is intended, or move it behind a load balancer or NAT gateway in another subnet first",
        )
    assigning = [
        str(one["SubnetId"])
        for one in vpc_subnets
        if str(one["SubnetId"]) in subnets and one.get("MapPublicIpOnLaunch")
    ]
    assigning = [one for one in assigning if _still_assigns(context, one)]
    if assigning:
        return (
            Outcome.BLOCK,
            f"{listed(assigning)} assigns public addresses to new instances, which would not work without the route: "
            "turn that off first (aws.ec2.subnet-public-addresses)",
        )
    return Outcome.PASS, f"nothing in the {len(subnets)} subnets of the route table has a public address"


def _still_assigns(context: GuardContext, name: str) -> bool:
    """Whether the subnet still assigns public addresses after the plan."""
    finding = context.target
    subnet = resource_type("AWS::EC2::Subnet").target(
        name, finding.account, finding.region, finding.partition
    )
    return subnet is None or bool(context.read(ADDRESSES, subnet).value["MapPublicIpOnLaunch"])


def internet_gateway_unused(context: GuardContext) -> Verdict:
    """Blocks when a route table uses the Internet gateway, or anything in its VPC has a public address."""
    drafts = [draft for draft in context.changes if draft.setting == ATTACHMENT]
    if not drafts:
        return Outcome.PASS, "no Internet gateway changes"
    gateway, vpc = drafts[0].target.name, str(drafts[0].before["VpcId"])
    tables = _in_vpc(context, "DescribeRouteTables", "RouteTables", vpc)
    using = sorted(set(_using_gateway(context, tables, gateway)))
    if_intended = f"add {vpc} to authorized_vpcs if that is intended"
    if using:
        return (
            Outcome.BLOCK,
            f"the route tables {listed(using)} use the Internet gateway: {if_intended}, otherwise remove the routes "
            "first",
        )
    public_interfaces = [
        interface
        for interface in _in_vpc(context, "DescribeNetworkInterfaces", "NetworkInterfaces", vpc)
        if public(interface)
    ]
    if public_interfaces:
        return (
            Outcome.BLOCK,
            f"{listed(users(public_interfaces))} in {vpc} has a public address: {if_intended}",
        )
    return (
        Outcome.PASS,
        f"no route table of {vpc} uses the Internet gateway, and nothing there has a public address",
    )


def _using_gateway(context: GuardContext, tables: Sequence[Mapping[str, Any]], gateway: str) -> Iterator[str]:
    """The route tables that route to the gateway after the plan, or are associated with it (edge association)."""
    for each_table in tables:
        routes = [
            str(route.get("GatewayId") or "")
            for route in each_table.get("Routes") or []
            if str(route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock"))
            not in EVERYWHERE
        ]
        edge_gateways = [str(each.get("GatewayId") or "") for each in each_table.get("Associations") or []]
        finding, name = context.target, str(each_table["RouteTableId"])
        table = resource_type("AWS::EC2::RouteTable").target(
            name, finding.account, finding.region, finding.partition
        )
        if table is not None:
            routes += [str(each["gateway"]) for each in context.read(ROUTES, table).value["routes"]]
        if gateway in (*routes, *edge_gateways):
            yield name


def attachments_known(context: GuardContext) -> Verdict:
    """Warns of attachments of other accounts that were accepted automatically so far: they stay."""
    drafts = [draft for draft in context.changes if draft.setting == TRANSIT]
    if not drafts:
        return Outcome.PASS, "no transit gateway changes"
    attachments = _filtered(
        context,
        "DescribeTransitGatewayAttachments",
        "TransitGatewayAttachments",
        "transit-gateway-id",
        drafts[0].target.name,
    )
    foreign = sorted(
        {
            f"{attachment.get('ResourceId')} of {attachment.get('ResourceOwnerId')}"
            for attachment in attachments
            if attachment.get("ResourceOwnerId") not in (None, context.target.account)
            and attachment.get("State") not in ("deleted", "deleting", "rejected")
        }
    )
    if foreign:
        return (
            Outcome.WARN,
            f"{listed(foreign)} stay attached to the transit gateway: check that you know each of them",
        )
    return Outcome.PASS, "the transit gateway has no attachment of another account"


GUARDS: Final = {
    "attachments-known": attachments_known,
    "subnet-launches": subnet_launches,
    "internet-route-unused": internet_route_unused,
    "internet-gateway-unused": internet_gateway_unused,
}
BLOCK_ON_ERROR: Final = ("subnet-launches", "internet-route-unused", "internet-gateway-unused")
