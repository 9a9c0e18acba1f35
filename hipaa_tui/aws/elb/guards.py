"""Looks at a load balancer before its listeners change: where a redirect leads, and who could not follow it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hipaa_tui.aws.acm.guards import trouble_of
from hipaa_tui.aws.elb import settings as elb
from hipaa_tui.aws.elb.certificates import managed
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call

_REDIRECT: Final = "aws.elbv2.http-redirect"
_CLASSIC: Final = "aws.elb.listeners"
_TLS: Final = {"aws.elbv2.tls-policy": "SslPolicy", _CLASSIC: "Tls"}
"""Setting → where it keeps the policy of a listener."""
_NEW_ENOUGH: Final = (
    *("ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-"),
    *("ELBSecurityPolicy-TLS-1-2-", "ELBSecurityPolicy-FS-1-2-"),
)
_SHOWN: Final = 3


def https_behind_redirect(look: Look) -> Verdict:
    """Blocks a redirect to where nothing listens, to a certificate that is not valid, or past a closed security group."""
    draft = next((one for one in look.changes if one.setting == _REDIRECT), None)
    if draft is None:
        return Outcome.PASS, "no redirect is added"
    port = int(look.arguments.get("port") or 443)
    listeners = elb.listeners_of(look.cloud, look.target)
    behind = next((one for one in listeners if int(one.get("Port") or 0) == port), None)
    if behind is None or behind.get("Protocol") != "HTTPS":
        return (
            Outcome.BLOCK,
            f"nothing listens by HTTPS on {port}, so a redirect would lead nowhere: add an HTTPS listener with a "
            "certificate of Certificate Manager first",
        )
    certificate = str(((behind.get("Certificates") or [{}])[0]).get("CertificateArn") or "")
    if not managed(certificate):
        return (
            Outcome.BLOCK,
            f"the listener on {port} has no certificate of Certificate Manager ({certificate or 'none at all'}): "
            "give it one that is valid first",
        )
    trouble, names = trouble_of(look, certificate)
    if trouble:
        return Outcome.BLOCK, f"the certificate of the listener on {port} {trouble}"
    asked = elb.newer(look.target, "DescribeLoadBalancers", LoadBalancerArns=[look.target.id])
    about = look.cloud.call(asked)["LoadBalancers"][0]
    old = [int(one["Port"]) for one in draft.before["Listeners"]]
    closed = _closed(look, about.get("SecurityGroups") or [], old, port)
    if closed[0] is Outcome.BLOCK:
        return closed
    if about.get("Scheme") == "internal":
        return (
            Outcome.WARN,
            "the load balancer is inside the network: programs that call it by http:// follow no redirect for POST, "
            "so change their addresses to https:// first",
        )
    if closed[0] is Outcome.WARN:
        return closed
    return (
        Outcome.PASS,
        f"HTTPS answers on {port} for {', '.join(names[:_SHOWN])}, and the security groups let it in",
    )


def new_port_open(look: Look) -> Verdict:
    """Blocks HTTPS on a port that the classic load balancer's security groups do not let in."""
    draft = next((one for one in look.changes if one.setting == _CLASSIC), None)
    if draft is None:
        return Outcome.PASS, "no listener changes"
    before = {int(one["LoadBalancerPort"]) for one in draft.before["Listeners"]}
    after = {int(one["LoadBalancerPort"]) for one in draft.after["Listeners"]}
    groups = elb.described(look.cloud, look.target).get("SecurityGroups") or []
    gone = sorted(before - after)
    for port in sorted(after - before):
        outcome, reason = _closed(look, groups, gone or sorted(before), port)
        if outcome is not Outcome.PASS:
            return outcome, reason
    if gone:
        return (
            Outcome.WARN,
            f"whoever comes by http:// on {', '.join(map(str, gone))} finds nothing, since a classic load balancer "
            "cannot redirect: change links and programs to https:// first",
        )
    return Outcome.PASS, "no port is given up"


def _closed(look: Look, groups: Iterable[str], old: Iterable[int], port: int) -> Verdict:
    """Do the security groups let those in on `port` who come in on the old ports today?"""
    ids = sorted(str(one) for one in groups)
    if not ids:
        return Outcome.PASS, "no security group stands before it"
    asked = Call("aws", "ec2", "DescribeSecurityGroups", {"GroupIds": ids}, look.target.region)
    found = look.cloud.pages(asked, "SecurityGroups")
    rules = [rule for group in found for rule in group.get("IpPermissions") or []]
    now = set().union(*(_sources(rules, one) for one in old))
    then = _sources(rules, port)
    if not then and not now:
        return (
            Outcome.WARN,
            f"{', '.join(ids[:_SHOWN])} lets nobody in, neither today nor on {port}: add a rule for those who are to come",
        )
    if not then:
        return (
            Outcome.BLOCK,
            f"no rule of {', '.join(ids[:_SHOWN])} lets anybody in on {port}: add one for those who come in today "
            f"({', '.join(sorted(now)[:_SHOWN])})",
        )
    lost = sorted(now - then)
    if lost and not then & {"0.0.0.0/0"}:
        return (
            Outcome.WARN,
            f"{', '.join(lost[:_SHOWN])} may come in today and not on {port}: add a rule for them in "
            f"{', '.join(ids[:_SHOWN])} first",
        )
    return Outcome.PASS, f"the security groups let in on {port} who comes in today"


def _sources(rules: Iterable[Mapping[str, Any]], port: int) -> set[str]:
    """Whom the rules let in on a TCP port: networks, groups and prefix lists."""
    found: set[str] = set()
    for rule in rules:
        everything = rule.get("IpProtocol") == "-1"
        tcp = rule.get("IpProtocol") in {"tcp", "6"}
        if not everything and not (tcp and int(rule["FromPort"]) <= port <= int(rule["ToPort"])):
            continue
        found |= {str(one["CidrIp"]) for one in rule.get("IpRanges") or []}
        found |= {str(one["CidrIpv6"]) for one in rule.get("Ipv6Ranges") or []}
        found |= {str(one["GroupId"]) for one in rule.get("UserIdGroupPairs") or []}
        found |= {str(one["PrefixListId"]) for one in rule.get("PrefixListIds") or []}
    return found


def balancer_tls_clients(look: Look) -> Verdict:
    """Warns where clients with TLS before 1.2 come in today: the load balancer does not say who they are."""
    draft = next((one for one in look.changes if one.setting in _TLS), None)
    if draft is None:
        return Outcome.PASS, "no TLS policy changes"
    name = _TLS[draft.setting]
    have = [str(one[name]) for one in draft.before["Listeners"] if name in one]
    old = sorted({one or "a policy of your own" for one in have if not one.startswith(_NEW_ENOUGH)})
    if not old:
        return Outcome.PASS, "every listener refuses TLS before 1.2 today"
    return (
        Outcome.WARN,
        f"{', '.join(old[:_SHOWN])} may let in clients with TLS 1.0 and 1.1, which are refused from now on: look for "
        "TLSv1 and TLSv1.1 in the access logs' field of the TLS version first",
    )


def balancer_made_by_cluster(look: Look) -> Verdict:
    """Warns where a Kubernetes controller made the load balancer: it deletes it and makes it anew as it needs."""
    tags = elb.LoadBalancers().tags(look.cloud, look.target)
    owner = tags.get("elbv2.k8s.aws/cluster") or tags.get("eks:eks-cluster-name")
    if owner:
        return (
            Outcome.WARN,
            f"the Kubernetes cluster {owner} made it and could not delete it any more: say it in the service's or "
            "ingress's annotation load-balancer-attributes instead",
        )
    return Outcome.PASS, "no Kubernetes cluster made it"


GUARDS = {
    "https-behind-redirect": https_behind_redirect,
    "new-port-open": new_port_open,
    "balancer-tls-clients": balancer_tls_clients,
    "balancer-made-by-cluster": balancer_made_by_cluster,
}
CAUTIOUS = ("https-behind-redirect", "new-port-open")
