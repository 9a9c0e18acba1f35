"""Checks a load balancer before its listeners change: redirect, certificate, security groups, TLS, controller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hipaa_tui.aws.acm.guards import trouble_of
from hipaa_tui.aws.elb import settings as elb
from hipaa_tui.aws.elb.certificates import managed
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call

_REDIRECT: Final = "aws.elbv2.http-redirect"
_CLASSIC: Final = "aws.elb.listeners"
_TLS: Final = {"aws.elbv2.tls-policy": "SslPolicy", _CLASSIC: "Tls"}
"""Setting id → field of its listeners that holds the TLS policy."""
_NEW_ENOUGH: Final = (
    *("ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-"),
    *("ELBSecurityPolicy-TLS-1-2-", "ELBSecurityPolicy-FS-1-2-"),
)
_SHOWN: Final = 3


def https_behind_redirect(context: GuardContext) -> Verdict:
    """Blocks a redirect to a port without HTTPS, to an invalid certificate, or past a closed security group.

    Warns of an internal load balancer, and of sources that only the old ports admit.
    """
    draft = next((change for change in context.changes if change.setting == _REDIRECT), None)
    if draft is None:
        return Outcome.PASS, "no redirect is added"
    port = int(context.arguments.get("port") or 443)
    listeners = elb.listeners_of(context.cloud, context.target)
    https = next((listener for listener in listeners if int(listener.get("Port") or 0) == port), None)
    if https is None or https.get("Protocol") != "HTTPS":
        return (
            Outcome.BLOCK,
            f"there is no HTTPS listener on {port}, so a redirect would lead nowhere: add one with an ACM "
            "certificate first",
        )
    certificate = str(((https.get("Certificates") or [{}])[0]).get("CertificateArn") or "")
    if not managed(certificate):
        return (
            Outcome.BLOCK,
            f"the listener on {port} has no ACM certificate ({certificate or 'none at all'}): give it a valid one "
            "first",
        )
    trouble, names = trouble_of(context, certificate)
    if trouble:
        return Outcome.BLOCK, f"the certificate of the listener on {port} {trouble}"
    request = elb.newer(context.target, "DescribeLoadBalancers", LoadBalancerArns=[context.target.id])
    balancer = context.cloud.call(request)["LoadBalancers"][0]
    old_ports = [int(listener["Port"]) for listener in draft.before["Listeners"]]
    closed = _closed(context, balancer.get("SecurityGroups") or [], old_ports, port)
    if closed[0] is Outcome.BLOCK:
        return closed
    if balancer.get("Scheme") == "internal":
        return (
            Outcome.WARN,
            "the load balancer is internal: programs that call it by http:// do not follow a redirect of a POST, "
            "so change their URLs to https:// first",
        )
    if closed[0] is Outcome.WARN:
        return closed
    return (
        Outcome.PASS,
        f"HTTPS answers on {port} for {', '.join(names[:_SHOWN])}, and the security groups admit it",
    )


def new_port_open(context: GuardContext) -> Verdict:
    """Blocks HTTPS on a port that the classic load balancer's security groups do not open; warns where HTTP ends."""
    draft = next((change for change in context.changes if change.setting == _CLASSIC), None)
    if draft is None:
        return Outcome.PASS, "no listener changes"
    before = {int(listener["LoadBalancerPort"]) for listener in draft.before["Listeners"]}
    after = {int(listener["LoadBalancerPort"]) for listener in draft.after["Listeners"]}
    groups = elb.described(context.cloud, context.target).get("SecurityGroups") or []
    gone = sorted(before - after)
    for port in sorted(after - before):
        outcome, reason = _closed(context, groups, gone or sorted(before), port)
        if outcome is not Outcome.PASS:
            return outcome, reason
    if gone:
        return (
            Outcome.WARN,
            f"clients that use http:// on {', '.join(map(str, gone))} will get no answer, since a classic load "
            "balancer cannot redirect: change links and programs to https:// first",
        )
    return Outcome.PASS, "no port is removed"


def _closed(context: GuardContext, groups: Iterable[str], old_ports: Iterable[int], port: int) -> Verdict:
    """Do the security groups admit on `port` every source that they admit on the old ports today?"""
    ids = sorted(str(id) for id in groups)
    if not ids:
        return Outcome.PASS, "the load balancer has no security group"
    request = Call("aws", "ec2", "DescribeSecurityGroups", {"GroupIds": ids}, context.target.region)
    described = context.cloud.pages(request, "SecurityGroups")
    rules = [rule for group in described for rule in group.get("IpPermissions") or []]
    now = set().union(*(_sources(rules, old_port) for old_port in old_ports))
    then = _sources(rules, port)
    if not then and not now:
        return (
            Outcome.WARN,
            f"{', '.join(ids[:_SHOWN])} admits no one, neither today nor on {port}: add a rule for the intended "
            "clients",
        )
    if not then:
        return (
            Outcome.BLOCK,
            f"no rule of {', '.join(ids[:_SHOWN])} opens port {port}: add one for the sources that are admitted "
            f"today ({', '.join(sorted(now)[:_SHOWN])})",
        )
    lost = sorted(now - then)
    if lost and not then & {"0.0.0.0/0"}:
        return (
            Outcome.WARN,
            f"{', '.join(lost[:_SHOWN])} can connect today, but not on {port}: add a rule for it to "
            f"{', '.join(ids[:_SHOWN])} first",
        )
    return Outcome.PASS, f"the security groups admit today's sources on {port}"


def _sources(rules: Iterable[Mapping[str, Any]], port: int) -> set[str]:
    """Returns the sources that the rules admit on a TCP port: networks, groups and prefix lists."""
    sources: set[str] = set()
    for rule in rules:
        everything = rule.get("IpProtocol") == "-1"
        tcp = rule.get("IpProtocol") in {"tcp", "6"}
        if not everything and not (tcp and int(rule["FromPort"]) <= port <= int(rule["ToPort"])):
            continue
        sources |= {str(entry["CidrIp"]) for entry in rule.get("IpRanges") or []}
        sources |= {str(entry["CidrIpv6"]) for entry in rule.get("Ipv6Ranges") or []}
        sources |= {str(entry["GroupId"]) for entry in rule.get("UserIdGroupPairs") or []}
        sources |= {str(entry["PrefixListId"]) for entry in rule.get("PrefixListIds") or []}
    return sources


def balancer_tls_clients(context: GuardContext) -> Verdict:
    """Warns where clients with TLS older than 1.2 may connect today: the load balancer does not report who they are."""
    draft = next((change for change in context.changes if change.setting in _TLS), None)
    if draft is None:
        return Outcome.PASS, "no TLS policy changes"
    name = _TLS[draft.setting]
    policies = [str(listener[name]) for listener in draft.before["Listeners"] if name in listener]
    outdated = sorted(
        {policy or "a custom policy" for policy in policies if not policy.startswith(_NEW_ENOUGH)}
    )
    if not outdated:
        return Outcome.PASS, "every listener already requires TLS 1.2 or later"
    return (
        Outcome.WARN,
        f"{', '.join(outdated[:_SHOWN])} may accept clients with TLS 1.0 and 1.1, which will be refused: search the TLS "
        "version field of the access logs for TLSv1 and TLSv1.1 first",
    )


def balancer_made_by_cluster(context: GuardContext) -> Verdict:
    """Warns where a Kubernetes controller manages the load balancer: it deletes and recreates it as needed."""
    tags = elb.LoadBalancers().tags(context.cloud, context.target)
    owner = tags.get("elbv2.k8s.aws/cluster") or tags.get("eks:eks-cluster-name")
    if owner:
        return (
            Outcome.WARN,
            f"the Kubernetes cluster {owner} manages the load balancer and could no longer delete it: set this in "
            "the load-balancer-attributes annotation of the service or ingress instead",
        )
    return Outcome.PASS, "no Kubernetes cluster manages it"


GUARDS = {
    "https-behind-redirect": https_behind_redirect,
    "new-port-open": new_port_open,
    "balancer-tls-clients": balancer_tls_clients,
    "balancer-made-by-cluster": balancer_made_by_cluster,
}
BLOCK_ON_ERROR = ("https-behind-redirect", "new-port-open")
