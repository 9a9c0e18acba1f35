"""Looks at what comes into a network ACL's subnets, before its door for everything is replaced.

An ACL keeps no connections in mind: what it does not let in is gone at once, for every system of its subnets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.lookups import INGRESS, Interface, addresses, listed, of_load_balancer, pages, users
from hipaa_tui.aws.vpc.network_acl import interfaces_in, networks_of
from hipaa_tui.aws.vpc.network_acl_entries import ALL, ANYWHERE, everything, family_of, inside, outside
from hipaa_tui.aws.vpc.network_acl_evaluation import admitted
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.registry import resource_type

ACL: Final = "aws.ec2.network-acl-ingress"
_SENT_FROM: Final = ((1024, 1100), (61_000, 65_535))
"""The edges of the ports from which NAT gateways and load balancers send."""
_PORTED: Final = ("tcp", "udp")
_LARGEST: Final = 20
"""Entries of one direction that an ACL has unless its quota was raised (Amazon VPC User Guide, "Amazon VPC quotas")."""
_WAYS: Final = (
    *("VpcPeeringConnectionId", "TransitGatewayId", "LocalGatewayId", "CoreNetworkArn", "GatewayId"),
    "NetworkInterfaceId",
)


def acl_serves(look: Look) -> Verdict:
    """Blocks where something in the subnets would lose what its security groups or listeners let in today.

    Security groups are read as the plan leaves them. One that lets the Internet in on every port says nothing of
    what is served behind it.
    """
    drafts = [draft for draft in look.changes if draft.setting == ACL]
    if not drafts:
        return Outcome.PASS, "no entry changes"
    draft = drafts[0]
    entries = draft.after["entries"]
    subnets = look.read(ACL, draft.target).identity.get("Subnets") or []
    found = interfaces_in(look.cloud, draft.target, subnets)
    inspected = [one for one in found if "gateway_load_balancer" in str(one.get("InterfaceType"))]
    if inspected:
        return (
            Outcome.BLOCK,
            f"{listed(users(inspected))} passes traffic of every port on to be inspected: leave the door there open",
        )
    cut, unknown = _groups_cut(look, draft, found)
    cut = cut or _listeners_cut(look, found, entries) or _answers_cut(draft, found)
    if cut:
        return Outcome.BLOCK, cut
    reached = [one for one in unknown if _public(one)]
    if reached:
        return (
            Outcome.BLOCK,
            f"a security group lets the Internet in on every port to {listed(users(reached))}, so nobody can tell "
            "what is served there: narrow the group first (aws.ec2.security-group-open), then plan this again",
        )
    if unknown:
        return (
            Outcome.WARN,
            f"a security group lets the Internet in on every port to {listed(users(unknown))}, which has no public "
            "address: what reaches it through a network load balancer on a port that is not named is refused",
        )
    count = f"{len(found)} network interfaces" if found else "nothing in its subnets"
    return Outcome.PASS, f"{count}: all that their security groups let in comes in as before"


def _groups_cut(look: Look, draft: Draft, found: Sequence[Interface]) -> tuple[str, list[Interface]]:
    """(what a security group lets in and the ACL would not any more, "" where nothing; what is open on every port)."""
    by_group: dict[str, list[Interface]] = {}
    for one in found:
        for group in one.get("Groups") or []:
            by_group.setdefault(str(group["GroupId"]), []).append(one)
    unknown: list[Interface] = []
    place = draft.target
    for name, using in sorted(by_group.items()):
        target = resource_type("AWS::EC2::SecurityGroup").target(
            name, place.account, place.region, place.partition
        )
        rules = look.read(INGRESS, target).value["rules"] if target is not None else []
        for rule in (each for one in rules for family in (4, 6) if (each := outside(one, family))):
            if not admitted(rule, draft.before["entries"]):
                continue
            if everything(rule):
                unknown += using
            elif not admitted(rule, draft.after["entries"]):
                return (
                    f"{name} lets {_words(rule)} in to {listed(users(using))}, and the ACL would not any more: "
                    "name the port among `ports`, or close it in the group first"
                ), []
    return "", unknown


def _answers_cut(draft: Draft, found: Sequence[Interface]) -> str:
    """Which NAT gateway or load balancer would get no answers on some of the ports that it sends from; "" where none."""
    senders = [one for one in found if one.get("InterfaceType") == "nat_gateway" or of_load_balancer(one)]
    for first, last in _SENT_FROM if senders else ():
        answer = {"protocol": "tcp", "from": first, "to": last, "source": ANYWHERE[4]}
        if admitted(answer, draft.before["entries"]) and not admitted(answer, draft.after["entries"]):
            return (
                f"{listed(users(senders))} sends from all of 1024-65535 and would get no answers on {first}-{last}: "
                "leave return_ports as wide"
            )
    return ""


def _public(interface: Mapping[str, Any]) -> bool:
    association = (interface.get("Association") or {}).get("PublicIp")
    return bool(association) or bool(interface.get("Ipv6Addresses"))


def _words(rule: Mapping[str, Any]) -> str:
    ports = f" {rule['from']}-{rule['to']}" if "from" in rule else ""
    return f"{rule['protocol']}{ports} from {rule['source']}"


def _listeners_cut(
    look: Look, found: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
) -> str:
    """Which listener of a network load balancer without security groups would be shut; "" where none."""
    own = {address for one in found for address in addresses(one)}
    names = {
        str(one.get("Description")).split("/")[1]
        for one in found
        if str(one.get("Description", "")).startswith("ELB net/") and not one.get("Groups")
    }
    for name in sorted(names):
        (balancer,) = pages(look, "elbv2", "DescribeLoadBalancers", "LoadBalancers", Names=[name])
        arn = balancer["LoadBalancerArn"]
        for one in pages(look, "elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=arn):
            rule = {"from": int(one["Port"]), "to": int(one["Port"]), "source": ANYWHERE[4]}
            protocols = {"UDP": ("udp",), "TCP_UDP": _PORTED}.get(str(one.get("Protocol")), ("tcp",))
            if not all(admitted({**rule, "protocol": each}, entries) for each in protocols):
                return (
                    f"the load balancer {name} ({listed(sorted(own)[:1])}) listens on {one['Port']}, which the ACL "
                    "would shut: name it among `ports`"
                )
    return ""


def acl_networks(look: Look) -> Verdict:
    """Blocks where a network that the VPC's routes lead to (peers, VPN, transit gateway) could not send everything.

    Warns where a way has no network to it, or the entries become more than an ACL takes.
    """
    drafts = [draft for draft in look.changes if draft.setting == ACL]
    if not drafts:
        return Outcome.PASS, "no entry changes"
    draft = drafts[0]
    vpc = str(look.read(ACL, draft.target).identity.get("VpcId") or "")
    own = networks_of(look.cloud, draft.target, vpc)
    doors = _whole(draft.after["entries"])
    families = {
        family_of(one["source"]) for one in draft.before["entries"] if one not in draft.after["entries"]
    }
    for network in own:
        if family_of(network) in families and not inside(network, doors):
            return Outcome.BLOCK, f"the VPC's own network {network} could not send everything any more"
    asked = {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}
    notes: list[str] = []
    for table in pages(look, "ec2", "DescribeRouteTables", "RouteTables", **asked):
        for network, way in _leading(table):
            if network.startswith("pl-"):
                notes.append(f"which networks {way} leads to a prefix list says")
            elif network in ANYWHERE.values():
                notes.append(f"everything goes over {way}, and from there only answers come back")
            elif family_of(network) in families and not inside(network, [*doors, *own]):
                return (
                    Outcome.BLOCK,
                    f"{network}, to which {way} leads, could not send everything any more: "
                    "name it among the `internal` networks",
                )
    count = len(draft.after["entries"])
    most = count + sum(one not in draft.after["entries"] for one in draft.before["entries"])
    if most > _LARGEST:
        notes.append(
            f"there are {most} entries on the way and {count} in the end, and an ACL takes {_LARGEST} unless its "
            "quota was raised: else it is put back"
        )
    if notes:
        return Outcome.WARN, f"{'; '.join(dict.fromkeys(notes))}: make sure that it fits"
    return Outcome.PASS, "every network that routes lead to may send what it sends"


def _whole(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(one["source"]) for one in entries if one["action"] == "allow" and one["protocol"] == ALL]


def _leading(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(network, the way to it) for each route that does not stay in the VPC or go out to the Internet."""
    for route in table.get("Routes") or []:
        way = next((str(route[name]) for name in _WAYS if route.get(name)), "")
        if not way or way == "local" or way.startswith(("igw-", "eigw-", "vpce-")):
            continue
        network = (
            route.get("DestinationCidrBlock")
            or route.get("DestinationIpv6CidrBlock")
            or route.get("DestinationPrefixListId")
        )
        if network:
            yield str(network), way


GUARDS: Final = {"acl-serves": acl_serves, "acl-networks": acl_networks}
CAUTIOUS: Final = ("acl-serves", "acl-networks")
