"""Looks at load balancers before rules are narrowed: their visitors, and the health checks of what is behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hipaa_tui.aws.ec2.ingress import plain
from hipaa_tui.aws.ec2.lookups import (
    INGRESS,
    Interface,
    addresses,
    admits,
    covers,
    instance_of,
    interfaces,
    listed,
    lost,
    of_load_balancer,
    pages,
    ports_text,
)
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import CloudError

_WEB: Final = (80, 443)
_PUBLIC: Final = "internet-facing"
_TRAFFIC_PORT: Final = "traffic-port"


@dataclass(frozen=True, slots=True)
class _Balancer:
    """A load balancer. One that could not be found counts as public, with the ports of the web."""

    name: str
    public: bool = True
    ports: tuple[int, ...] = _WEB


@dataclass(frozen=True, slots=True)
class _Backend:
    """A port on which a load balancer reaches what uses the group. `direct` brings visitors' own addresses."""

    name: str
    port: int
    what: str
    groups: tuple[str, ...] = ()
    direct: bool = False


def sg_load_balancer(look: Look) -> Verdict:
    """Blocks where visitors of a public load balancer, or a load balancer's way to its targets, would be cut off."""
    drafts = [draft for draft in look.changes if draft.setting == INGRESS]
    found = interfaces(look, "group-id", drafts[0].target.name) if drafts else []
    if not found:
        return Outcome.PASS, "no load balancer uses the group" if drafts else "no rule changes"
    draft = drafts[0]
    inside = []
    for one in _balancers(look, found):
        cut = [port for port in one.ports if lost(draft, port)]
        if cut and one.public:
            return (
                Outcome.BLOCK,
                f"visitors of the load balancer {one.name} come in on {ports_text(cut)} by a rule that is to be "
                "narrowed: add rules for these ports by themselves first",
            )
        if cut:
            inside.append(f"{one.name} on {ports_text(cut)}")
    networks = _networks(look, found)
    for behind in _backends(look, [one for one in found if not of_load_balancer(one)]):
        if not lost(draft, behind.port):
            continue
        if behind.direct:
            return (
                Outcome.BLOCK,
                f"visitors come to port {behind.port} through {behind.name}, which leaves them their own "
                "addresses: add a rule for that port by itself first",
            )
        if not _reached(draft, behind, networks):
            return (
                Outcome.BLOCK,
                f"{behind.what} of {behind.name} come in on {behind.port} from {listed(networks)}, which could "
                "not any more: name that network among those that may still come in",
            )
    if inside:
        return (
            Outcome.WARN,
            f"clients of {listed(inside)} come in only from the networks that are left: make sure that they are there",
        )
    return Outcome.PASS, "no load balancer loses its visitors or its targets"


def _balancers(look: Look, found: Sequence[Interface]) -> Iterator[_Balancer]:
    """Those whose interfaces use the group. Their names stand in the interfaces' descriptions."""
    names = {str(one.get("Description", "")).removeprefix("ELB ") for one in found if of_load_balancer(one)}
    for name in sorted(names):
        parts = name.split("/")
        try:
            yield _newer(look, parts[1]) if len(parts) > 1 else _classic(look, name)
        except CloudError as error:
            if "NotFound" not in error.code:
                raise
            yield _Balancer(name)


def _newer(look: Look, name: str) -> _Balancer:
    (one,) = pages(look, "elbv2", "DescribeLoadBalancers", "LoadBalancers", Names=[name])
    arn = one["LoadBalancerArn"]
    listeners = pages(look, "elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=arn)
    ports = sorted({int(each["Port"]) for each in listeners if each.get("Port")})
    return _Balancer(name, one.get("Scheme") == _PUBLIC, tuple(ports))


def _classic(look: Look, name: str) -> _Balancer:
    (one,) = pages(look, "elb", "DescribeLoadBalancers", "LoadBalancerDescriptions", LoadBalancerNames=[name])
    listeners = one.get("ListenerDescriptions") or []
    ports = sorted({int(each["Listener"]["LoadBalancerPort"]) for each in listeners})
    return _Balancer(name, one.get("Scheme") == _PUBLIC, tuple(ports))


def _networks(look: Look, found: Sequence[Interface]) -> list[str]:
    """The IPv4 networks of the VPC: from there load balancers come."""
    ids = sorted({str(one["VpcId"]) for one in found if one.get("VpcId")})
    vpcs = pages(look, "ec2", "DescribeVpcs", "Vpcs", VpcIds=ids) if ids else []
    return sorted(
        {
            str(block["CidrBlock"])
            for vpc in vpcs
            for block in vpc.get("CidrBlockAssociationSet") or [{"CidrBlock": vpc["CidrBlock"]}]
        }
    )


def _backends(look: Look, hosts: Sequence[Interface]) -> Iterator[_Backend]:
    """The ports on which load balancers reach what uses the group."""
    ids = {instance_of(one) for one in hosts} - {""}
    known = ids | {address for one in hosts for address in addresses(one)}
    vpcs = {str(one.get("VpcId")) for one in hosts}
    if not hosts:
        return
    balancers = {
        str(one["LoadBalancerArn"]): one
        for one in pages(look, "elbv2", "DescribeLoadBalancers", "LoadBalancers")
        if str(one.get("VpcId")) in vpcs
    }
    for group in pages(look, "elbv2", "DescribeTargetGroups", "TargetGroups") if balancers else ():
        using = [balancers[arn] for arn in group.get("LoadBalancerArns") or [] if arn in balancers]
        if using:
            yield from _targets(look, group, using, known)
    for one in pages(look, "elb", "DescribeLoadBalancers", "LoadBalancerDescriptions"):
        if {str(each.get("InstanceId")) for each in one.get("Instances") or []} & ids:
            yield from _instances(one)


def _targets(
    look: Look, group: Mapping[str, Any], using: Sequence[Mapping[str, Any]], known: set[str]
) -> Iterator[_Backend]:
    health = pages(
        look,
        "elbv2",
        "DescribeTargetHealth",
        "TargetHealthDescriptions",
        TargetGroupArn=group["TargetGroupArn"],
    )
    sources = tuple(str(id) for one in using for id in one.get("SecurityGroups") or [])
    direct = any(one.get("Type") == "network" and one.get("Scheme") == _PUBLIC for one in using)
    name = f"the target group {group.get('TargetGroupName')}"
    for one in health:
        target = one.get("Target") or {}
        if str(target.get("Id")) not in known:
            continue
        port = int(target.get("Port") or group.get("Port") or 0)
        yield _Backend(name, port, "requests", sources, direct)
        check = str(group.get("HealthCheckPort") or _TRAFFIC_PORT)
        yield _Backend(name, int(check) if check.isdigit() else port, "health checks", sources)


def _instances(one: Mapping[str, Any]) -> Iterator[_Backend]:
    """What a classic load balancer asks of its instances; a health check's target is "HTTP:8080/path"."""
    name = f"the load balancer {one.get('LoadBalancerName')}"
    sources = tuple(str(id) for id in one.get("SecurityGroups") or [])
    for each in one.get("ListenerDescriptions") or []:
        yield _Backend(name, int(each["Listener"]["InstancePort"]), "requests", sources)
    check = str((one.get("HealthCheck") or {}).get("Target") or "").partition(":")[2].partition("/")[0]
    if check.isdigit():
        yield _Backend(name, int(check), "health checks", sources)


def _reached(draft: Draft, behind: _Backend, networks: Sequence[str]) -> bool:
    """Do the rules after the change let the load balancer in, by its group or by all of the VPC's networks?"""
    rules = [rule for rule in map(plain, draft.after["rules"]) if covers(rule, [behind.port])]
    if any(str(rule["source"]).partition("/")[0] in behind.groups for rule in rules):
        return True
    return bool(networks) and all(admits(rules, one, behind.port) for one in networks)


GUARDS = {"sg-load-balancer": sg_load_balancer}
CAUTIOUS = ("sg-load-balancer",)
