"""Checks which inbound traffic of a network ACL's subnets would be cut off when its allow-all entry is replaced.

A network ACL is stateless: traffic that it does not allow is dropped immediately, for everything in its subnets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.lookups import INGRESS, Interface, addresses, listed, of_load_balancer, pages, users
from hipaa_tui.aws.vpc.network_acl import interfaces_in, networks_of
from hipaa_tui.aws.vpc.network_acl_entries import ALL, ANYWHERE, everything, family_of, inside, outside
from hipaa_tui.aws.vpc.network_acl_evaluation import admitted
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.registry import resource_type

ACL: Final = "aws.ec2.network-acl-ingress"
_EPHEMERAL_EDGES: Final = ((1024, 1100), (61_000, 65_535))
"""The first and the last ephemeral ports of NAT gateways and load balancers."""
_WITH_PORTS: Final = ("tcp", "udp")
_DEFAULT_QUOTA: Final = 20
"""Default quota of entries per direction of a network ACL (Amazon VPC User Guide, "Amazon VPC quotas")."""
_ROUTE_TARGETS: Final = (
    *("VpcPeeringConnectionId", "TransitGatewayId", "LocalGatewayId", "CoreNetworkArn", "GatewayId"),
    "NetworkInterfaceId",
)


def acl_serves(context: GuardContext) -> Verdict:
    """Blocks when the ACL would deny traffic that security groups or listeners in its subnets allow today.

    Security groups are taken as the plan leaves them. One that admits the Internet on every port does not show which
    ports are in use: that blocks for interfaces with a public address and warns for the others.
    """
    drafts = [draft for draft in context.changes if draft.setting == ACL]
    if not drafts:
        return Outcome.PASS, "no network ACL changes"
    draft = drafts[0]
    entries = draft.after["entries"]
    subnets = context.read(ACL, draft.target).identity.get("Subnets") or []
    network_interfaces = interfaces_in(context.cloud, draft.target, subnets)
    inspecting = [
        interface
        for interface in network_interfaces
        if "gateway_load_balancer" in str(interface.get("InterfaceType"))
    ]
    if inspecting:
        return (
            Outcome.BLOCK,
            f"{listed(users(inspecting))} forwards traffic of every port for inspection: keep the allow-all entry in "
            "that ACL",
        )
    denied, unknown = _denied_by_group(context, draft, network_interfaces)
    denied = (
        denied
        or _denied_listeners(context, network_interfaces, entries)
        or _denied_returns(draft, network_interfaces)
    )
    if denied:
        return Outcome.BLOCK, denied
    exposed = [interface for interface in unknown if _public(interface)]
    if exposed:
        return (
            Outcome.BLOCK,
            f"a security group admits the Internet on every port to {listed(users(exposed))}, so the ports in use "
            "are unknown: narrow the group first (aws.ec2.security-group-open), then plan this again",
        )
    if unknown:
        return (
            Outcome.WARN,
            f"a security group admits the Internet on every port to {listed(users(unknown))}, which has no public "
            "address: traffic from a network load balancer to a port that is not listed in `ports` will be denied",
        )
    count = (
        f"{len(network_interfaces)} network interfaces"
        if network_interfaces
        else "no network interface in its subnets"
    )
    return Outcome.PASS, f"{count}: the ACL still allows all traffic that the security groups allow"


def _denied_by_group(
    context: GuardContext, draft: PlannedChange, network_interfaces: Sequence[Interface]
) -> tuple[str, list[Interface]]:
    """(traffic that a security group allows and the ACL would deny, or ""; interfaces open on every port)."""
    by_group: dict[str, list[Interface]] = {}
    for one in network_interfaces:
        for group in one.get("Groups") or []:
            by_group.setdefault(str(group["GroupId"]), []).append(one)
    unknown: list[Interface] = []
    acl = draft.target
    for name, using in sorted(by_group.items()):
        target = resource_type("AWS::EC2::SecurityGroup").target(name, acl.account, acl.region, acl.partition)
        rules = context.read(INGRESS, target).value["rules"] if target is not None else []
        for rule in (each for one in rules for family in (4, 6) if (each := outside(one, family))):
            if not admitted(rule, draft.before["entries"]):
                continue
            if everything(rule):
                unknown += using
            elif not admitted(rule, draft.after["entries"]):
                return (
                    f"the security group {name} allows {_described(rule)} to {listed(users(using))}, and the ACL "
                    "would deny it: add the port to `ports`, or close it in the group first"
                ), []
    return "", unknown


def _denied_returns(draft: PlannedChange, network_interfaces: Sequence[Interface]) -> str:
    """Which NAT gateways or load balancers would lose return traffic on some ephemeral ports; "" when none would."""
    senders = [
        interface
        for interface in network_interfaces
        if interface.get("InterfaceType") == "nat_gateway" or of_load_balancer(interface)
    ]
    for first, last in _EPHEMERAL_EDGES if senders else ():
        return_traffic = {"protocol": "tcp", "from": first, "to": last, "source": ANYWHERE[4]}
        if admitted(return_traffic, draft.before["entries"]) and not admitted(
            return_traffic, draft.after["entries"]
        ):
            return (
                f"{listed(users(senders))} uses the ephemeral ports 1024-65535 and would get no return traffic on "
                f"{first}-{last}: keep return_ports that wide"
            )
    return ""


def _public(interface: Mapping[str, Any]) -> bool:
    association = (interface.get("Association") or {}).get("PublicIp")
    return bool(association) or bool(interface.get("Ipv6Addresses"))


def _described(rule: Mapping[str, Any]) -> str:
    ports = f" {rule['from']}-{rule['to']}" if "from" in rule else ""
    return f"{rule['protocol']}{ports} from {rule['source']}"


def _denied_listeners(
    context: GuardContext,
    network_interfaces: Sequence[Mapping[str, Any]],
    entries: Sequence[Mapping[str, Any]],
) -> str:
    """Which listener of a network load balancer without security groups would be cut off; "" when none would."""
    own_addresses = {address for one in network_interfaces for address in addresses(one)}
    names = {
        str(one.get("Description")).split("/")[1]
        for one in network_interfaces
        if str(one.get("Description", "")).startswith("ELB net/") and not one.get("Groups")
    }
    for name in sorted(names):
        (balancer,) = pages(context, "elbv2", "DescribeLoadBalancers", "LoadBalancers", Names=[name])
        arn = balancer["LoadBalancerArn"]
        for one in pages(context, "elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=arn):
            rule = {"from": int(one["Port"]), "to": int(one["Port"]), "source": ANYWHERE[4]}
            protocols = {"UDP": ("udp",), "TCP_UDP": _WITH_PORTS}.get(str(one.get("Protocol")), ("tcp",))
            if not all(admitted({**rule, "protocol": each}, entries) for each in protocols):
                return (
                    f"the load balancer {name} ({listed(sorted(own_addresses)[:1])}) listens on port {one['Port']}, "
                    "which the ACL would deny: add it to `ports`"
                )
    return ""


def acl_networks(context: GuardContext) -> Verdict:
    """Blocks when the ACL would filter traffic of the VPC itself or of a network that it routes to (peering, VPN, …).

    Warns of routes by prefix list or default route, whose networks are unknown, and above the default quota of entries.
    """
    drafts = [draft for draft in context.changes if draft.setting == ACL]
    if not drafts:
        return Outcome.PASS, "no network ACL changes"
    draft = drafts[0]
    vpc = str(context.read(ACL, draft.target).identity.get("VpcId") or "")
    vpc_networks = networks_of(context.cloud, draft.target, vpc)
    open_networks = _open_sources(draft.after["entries"])
    families = {
        family_of(one["source"]) for one in draft.before["entries"] if one not in draft.after["entries"]
    }
    for network in vpc_networks:
        if family_of(network) in families and not inside(network, open_networks):
            return (
                Outcome.BLOCK,
                f"the ACL would no longer allow all traffic from the VPC's own network {network}",
            )
    request = {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}
    notes: list[str] = []
    for table in pages(context, "ec2", "DescribeRouteTables", "RouteTables", **request):
        for network, gateway in _internal_routes(table):
            if network.startswith("pl-"):
                notes.append(f"{gateway} routes to a prefix list, whose networks were not checked")
            elif network in ANYWHERE.values():
                notes.append(
                    f"the default route goes to {gateway}, and only return traffic would be allowed from there"
                )
            elif family_of(network) in families and not inside(network, [*open_networks, *vpc_networks]):
                return (
                    Outcome.BLOCK,
                    f"the ACL would no longer allow all traffic from {network}, which is reached through {gateway}: "
                    "add it to the `internal` networks",
                )
    count = len(draft.after["entries"])
    most = count + sum(one not in draft.after["entries"] for one in draft.before["entries"])
    if most > _DEFAULT_QUOTA:
        notes.append(
            f"the change passes through {most} entries and ends with {count}, and the default quota of an ACL is "
            f"{_DEFAULT_QUOTA}: unless it was raised, the change fails and is rolled back"
        )
    if notes:
        return Outcome.WARN, f"{'; '.join(dict.fromkeys(notes))}: make sure that this is acceptable"
    return Outcome.PASS, "the ACL still allows all traffic from every network that the VPC routes to"


def _open_sources(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        str(entry["source"]) for entry in entries if entry["action"] == "allow" and entry["protocol"] == ALL
    ]


def _internal_routes(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(network, gateway) of each route that leads neither into the VPC nor to the Internet."""
    for route in table.get("Routes") or []:
        gateway = next((str(route[name]) for name in _ROUTE_TARGETS if route.get(name)), "")
        if not gateway or gateway == "local" or gateway.startswith(("igw-", "eigw-", "vpce-")):
            continue
        network = (
            route.get("DestinationCidrBlock")
            or route.get("DestinationIpv6CidrBlock")
            or route.get("DestinationPrefixListId")
        )
        if network:
            yield str(network), gateway


GUARDS: Final = {"acl-serves": acl_serves, "acl-networks": acl_networks}
BLOCK_ON_ERROR: Final = ("acl-serves", "acl-networks")
