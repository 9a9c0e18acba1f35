"""Checks that narrower security group rules keep load balancers' visitors, target traffic and health checks."""

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
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import CloudError

_WEB: Final = (80, 443)
_PUBLIC: Final = "internet-facing"
_TRAFFIC_PORT: Final = "traffic-port"


@dataclass(frozen=True, slots=True)
class _Balancer:
    """A load balancer. One that could not be found counts as public, on the web ports."""

    name: str
    public: bool = True
    ports: tuple[int, ...] = _WEB


@dataclass(frozen=True, slots=True)
class _Backend:
    """A port on which a load balancer reaches a host that uses the group.

    `direct`: the load balancer preserves the visitors' source addresses. `groups`: its own security groups.
    """

    name: str
    port: int
    what: str
    groups: tuple[str, ...] = ()
    direct: bool = False


def sg_load_balancer(context: GuardContext) -> Verdict:
    """Blocks where a public load balancer would lose its visitors, or any load balancer its targets.

    Warns where clients of an internal one must come from the networks that stay allowed.
    """
    drafts = [draft for draft in context.changes if draft.setting == INGRESS]
    attached = interfaces(context, "group-id", drafts[0].target.name) if drafts else []
    if not attached:
        return Outcome.PASS, "no load balancer uses the group" if drafts else "no rule changes"
    draft = drafts[0]
    inside = []
    for balancer in _balancers(context, attached):
        closed = [port for port in balancer.ports if lost(draft, port)]
        if closed and balancer.public:
            return (
                Outcome.BLOCK,
                f"visitors of the load balancer {balancer.name} connect on {ports_text(closed)} by a rule that is to be "
                "narrowed: add separate rules for these ports first",
            )
        if closed:
            inside.append(f"{balancer.name} on {ports_text(closed)}")
    networks = _networks(context, attached)
    for backend in _backends(
        context, [interface for interface in attached if not of_load_balancer(interface)]
    ):
        if not lost(draft, backend.port):
            continue
        if backend.direct:
            return (
                Outcome.BLOCK,
                f"visitors reach port {backend.port} through {backend.name}, which preserves their source addresses, "
                "so they would be refused: add a separate rule for that port first",
            )
        if not _reached(draft, backend, networks):
            return (
                Outcome.BLOCK,
                f"{backend.what} of {backend.name} reach port {backend.port} from {listed(networks)} and would be "
                "refused: add that network to the networks that stay allowed",
            )
    if inside:
        return (
            Outcome.WARN,
            f"clients of {listed(inside)} can connect only from the networks that stay allowed: make sure that "
            "they are in those networks",
        )
    return Outcome.PASS, "no load balancer loses its visitors or its targets"


def _balancers(context: GuardContext, attached: Sequence[Interface]) -> Iterator[_Balancer]:
    """Yields the load balancers whose interfaces use the group. The interfaces' descriptions name them."""
    names = {
        str(interface.get("Description", "")).removeprefix("ELB ")
        for interface in attached
        if of_load_balancer(interface)
    }
    for name in sorted(names):
        parts = name.split("/")
        try:
            yield _newer(context, parts[1]) if len(parts) > 1 else _classic(context, name)
        except CloudError as error:
            if "NotFound" not in error.code:
                raise
            yield _Balancer(name)


def _newer(context: GuardContext, name: str) -> _Balancer:
    (balancer,) = pages(context, "elbv2", "DescribeLoadBalancers", "LoadBalancers", Names=[name])
    arn = balancer["LoadBalancerArn"]
    listeners = pages(context, "elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=arn)
    ports = sorted({int(listener["Port"]) for listener in listeners if listener.get("Port")})
    return _Balancer(name, balancer.get("Scheme") == _PUBLIC, tuple(ports))


def _classic(context: GuardContext, name: str) -> _Balancer:
    (balancer,) = pages(
        context, "elb", "DescribeLoadBalancers", "LoadBalancerDescriptions", LoadBalancerNames=[name]
    )
    listeners = balancer.get("ListenerDescriptions") or []
    ports = sorted({int(listener["Listener"]["LoadBalancerPort"]) for listener in listeners})
    return _Balancer(name, balancer.get("Scheme") == _PUBLIC, tuple(ports))


def _networks(context: GuardContext, attached: Sequence[Interface]) -> list[str]:
    """Returns the VPC's IPv4 networks, which load balancers connect from."""
    ids = sorted({str(interface["VpcId"]) for interface in attached if interface.get("VpcId")})
    vpcs = pages(context, "ec2", "DescribeVpcs", "Vpcs", VpcIds=ids) if ids else []
    return sorted(
        {
            str(block["CidrBlock"])
            for vpc in vpcs
            for block in vpc.get("CidrBlockAssociationSet") or [{"CidrBlock": vpc["CidrBlock"]}]
        }
    )


def _backends(context: GuardContext, hosts: Sequence[Interface]) -> Iterator[_Backend]:
    """Yields the ports on which load balancers reach hosts that use the group."""
    ids = {instance_of(host) for host in hosts} - {""}
    known = ids | {address for host in hosts for address in addresses(host)}
    vpcs = {str(host.get("VpcId")) for host in hosts}
    if not hosts:
        return
    balancers = {
        str(balancer["LoadBalancerArn"]): balancer
        for balancer in pages(context, "elbv2", "DescribeLoadBalancers", "LoadBalancers")
        if str(balancer.get("VpcId")) in vpcs
    }
    for group in pages(context, "elbv2", "DescribeTargetGroups", "TargetGroups") if balancers else ():
        using = [balancers[arn] for arn in group.get("LoadBalancerArns") or [] if arn in balancers]
        if using:
            yield from _targets(context, group, using, known)
    for classic in pages(context, "elb", "DescribeLoadBalancers", "LoadBalancerDescriptions"):
        if {str(instance.get("InstanceId")) for instance in classic.get("Instances") or []} & ids:
            yield from _instances(classic)


def _targets(
    context: GuardContext, group: Mapping[str, Any], using: Sequence[Mapping[str, Any]], known: set[str]
) -> Iterator[_Backend]:
    health = pages(
        context,
        "elbv2",
        "DescribeTargetHealth",
        "TargetHealthDescriptions",
        TargetGroupArn=group["TargetGroupArn"],
    )
    sources = tuple(str(id) for balancer in using for id in balancer.get("SecurityGroups") or [])
    direct = any(
        balancer.get("Type") == "network" and balancer.get("Scheme") == _PUBLIC for balancer in using
    )
    name = f"the target group {group.get('TargetGroupName')}"
    for description in health:
        target = description.get("Target") or {}
        if str(target.get("Id")) not in known:
            continue
        port = int(target.get("Port") or group.get("Port") or 0)
        yield _Backend(name, port, "requests", sources, direct)
        check = str(group.get("HealthCheckPort") or _TRAFFIC_PORT)
        yield _Backend(name, int(check) if check.isdigit() else port, "health checks", sources)


def _instances(balancer: Mapping[str, Any]) -> Iterator[_Backend]:
    """Yields the instance ports of a classic load balancer. Its health check's target is "HTTP:8080/path"."""
    name = f"the load balancer {balancer.get('LoadBalancerName')}"
    sources = tuple(str(id) for id in balancer.get("SecurityGroups") or [])
    for listener in balancer.get("ListenerDescriptions") or []:
        yield _Backend(name, int(listener["Listener"]["InstancePort"]), "requests", sources)
    check = str((balancer.get("HealthCheck") or {}).get("Target") or "").partition(":")[2].partition("/")[0]
    if check.isdigit():
        yield _Backend(name, int(check), "health checks", sources)


def _reached(draft: PlannedChange, backend: _Backend, networks: Sequence[str]) -> bool:
    """Do the rules after the change admit the load balancer, by its group or from all of the VPC's networks?"""
    rules = [rule for rule in map(plain, draft.after["rules"]) if covers(rule, [backend.port])]
    if any(str(rule["source"]).partition("/")[0] in backend.groups for rule in rules):
        return True
    return bool(networks) and all(admits(rules, network, backend.port) for network in networks)


GUARDS = {"sg-load-balancer": sg_load_balancer}
BLOCK_ON_ERROR = ("sg-load-balancer",)
