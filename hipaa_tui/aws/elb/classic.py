"""Listeners of classic load balancers: which encrypt, with whose certificate, and by which TLS.

A listener cannot be changed, only deleted and made, and one port has one listener. Its policies (stickiness, TLS)
are named on it; a classic load balancer knows no redirects. All of it is one setting, since what makes a listener
anew is about its certificate and its policies as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.elb import settings as elb
from hipaa_tui.aws.elb.certificates import SECURE, managed, offered, the_certificate
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import Json

OWN_POLICY: Final = "hipaa-tui-tls-1-2"
TLS_1_2: Final = "ELBSecurityPolicy-TLS-1-2-2017-01"
"""The one predefined policy without TLS 1.0 and 1.1 (Elastic Load Balancing, "Predefined SSL security policies for
Classic Load Balancers")."""
_BY_ITSELF: Final = "ELBSecurityPolicy-2016-08"
_TLS_TYPE: Final = "SSLNegotiationPolicyType"
_REFERENCE: Final = "Reference-Security-Policy"


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("elb", name) for name in names)


class Listeners(Setting):
    """{"Listeners": [{"Protocol", "LoadBalancerPort", "InstanceProtocol", "InstancePort", "SSLCertificateId"?,
    "PolicyNames": […], "Tls"?: AWS's policy behind them}], "TlsPolicies": [names], "Own": bool}

    by port. "Own" says whether our TLS policy is there. "Tls" and "TlsPolicies" follow from the rest: they are for
    predicates and builders, and never compared.
    """

    id = "aws.elb.listeners"
    title = "Listeners"
    resource = elb.CLASSIC_TYPE
    reads = (
        *_operations("DescribeLoadBalancers", "DescribeLoadBalancerPolicies"),
        Operation("acm", "ListCertificates"),
    )
    writes = _operations(
        "CreateLoadBalancerListeners",
        "CreateLoadBalancerPolicy",
        "DeleteLoadBalancerListeners",
        "DeleteLoadBalancerPolicy",
        "SetLoadBalancerListenerSSLCertificate",
        "SetLoadBalancerPoliciesOfListener",
    )
    terraform = ("aws_elb",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = elb.described(cloud, target).get("ListenerDescriptions") or []
        asked = elb.classic(target, "DescribeLoadBalancerPolicies")
        known = cloud.call(asked).get("PolicyDescriptions") or []
        tls = {
            str(one["PolicyName"]): _behind(one) for one in known if one.get("PolicyTypeName") == _TLS_TYPE
        }
        listeners = sorted(
            (_listener(one, tls) for one in found), key=lambda one: int(one["LoadBalancerPort"])
        )
        used = [str(one.get("SSLCertificateId") or "") for one in listeners]
        certificate = "" if all(map(managed, used)) else offered(cloud, target, used)
        value = {"Listeners": listeners, "TlsPolicies": sorted(tls), "Own": OWN_POLICY in tls}
        return Reading(value, {"Arn": target.id, "Name": target.name, "Certificate": certificate})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in _steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [value for _, value in _steps(target, before, after)][:-1]

    def canonical(self, value: Json) -> Json:
        listeners = [{**_bare(one), "policies": sorted(map(str, _chosen(one)))} for one in value["Listeners"]]
        return {"listeners": listeners, "own": bool(value["Own"])}


def _steps(target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
    """The calls, each with the value that stands after it. What is new stands before what it replaces goes."""
    now = {int(one["LoadBalancerPort"]): one for one in before["Listeners"]}
    wanted = {int(one["LoadBalancerPort"]): one for one in after["Listeners"]}
    own = bool(before["Own"])
    steps: list[tuple[Call, Json]] = []

    def step(operation: str, **arguments: Json) -> None:
        value = {**before, "Listeners": [now[port] for port in sorted(now)], "Own": own}
        steps.append((elb.classic(target, operation, **arguments), value))

    if after["Own"] and not own:
        own = True
        attributes = [{"AttributeName": _REFERENCE, "AttributeValue": TLS_1_2}]
        named = {"PolicyName": OWN_POLICY, "PolicyTypeName": _TLS_TYPE}
        step("CreateLoadBalancerPolicy", **named, PolicyAttributes=attributes)
    for port in sorted(wanted, key=lambda port: (port in now, port)):
        one = wanted[port]
        if port in now and _bare(now[port]) != _bare(one):
            have, certificate = now[port], one.get("SSLCertificateId")
            if certificate and _bare({**have, "SSLCertificateId": certificate}) == _bare(one):
                now[port] = {**have, "SSLCertificateId": certificate}
                chosen = {"LoadBalancerPort": port, "SSLCertificateId": certificate}
                step("SetLoadBalancerListenerSSLCertificate", **chosen)
            else:
                del now[port]
                step("DeleteLoadBalancerListeners", LoadBalancerPorts=[port])
        if port not in now:
            now[port] = {**one, "PolicyNames": []}
            step("CreateLoadBalancerListeners", Listeners=[_bare(one)])
        if _chosen(now[port]) != _chosen(one):
            now[port] = one
            names = list(one["PolicyNames"])
            step("SetLoadBalancerPoliciesOfListener", LoadBalancerPort=port, PolicyNames=names)
    for port in sorted(now.keys() - wanted.keys()):
        del now[port]
        step("DeleteLoadBalancerListeners", LoadBalancerPorts=[port])
    if own and not after["Own"]:
        own = False
        step("DeleteLoadBalancerPolicy", PolicyName=OWN_POLICY)
    return steps


def _listener(description: Mapping[str, Any], tls: Mapping[str, str]) -> dict[str, Json]:
    given = description["Listener"]
    names = [str(name) for name in description.get("PolicyNames") or []]
    value: dict[str, Json] = {
        "Protocol": str(given["Protocol"]),
        "LoadBalancerPort": int(given["LoadBalancerPort"]),
        "InstanceProtocol": str(given.get("InstanceProtocol") or given["Protocol"]),
        "InstancePort": int(given["InstancePort"]),
        "PolicyNames": names,
    }
    if value["Protocol"] in SECURE:
        value["SSLCertificateId"] = str(given.get("SSLCertificateId") or "")
        value["Tls"] = next((tls[name] for name in names if name in tls), "")
    return value


def _bare(listener: Mapping[str, Any]) -> dict[str, Json]:
    """What makes the listener, without its policies."""
    return {key: item for key, item in listener.items() if key not in {"PolicyNames", "Tls"}}


def _chosen(listener: Mapping[str, Any]) -> list[Json]:
    """Its policies but for the one that AWS gives by itself to a listener that nobody chose one for."""
    return [name for name in listener["PolicyNames"] if name != _BY_ITSELF]


def _behind(policy: Mapping[str, Any]) -> str:
    found = {
        str(one["AttributeName"]): str(one.get("AttributeValue") or "")
        for one in policy.get("PolicyAttributeDescriptions") or []
    }
    return found.get(_REFERENCE) or str(policy["PolicyName"])


def _strong(listener: Mapping[str, Any], known: list[str]) -> dict[str, Json]:
    """The listener with our TLS policy in the place of what it has; stickiness stays."""
    others = [name for name in listener["PolicyNames"] if name not in known]
    return {**listener, "PolicyNames": [*others, OWN_POLICY], "Tls": TLS_1_2}


def with_secure_listeners(current: Json, wanted: Json) -> Json:
    """Every HTTP listener replaced by one with HTTPS and TLS 1.2, which talks to the instances as the old one did.

    `wanted` is {"certificate", "port"}: HTTP on 80 moves to `port`, on another port it stays there. A listener that
    encrypts and is on that port already stays as it is. ValueError where only a person can say what is right.
    """
    kept = {int(one["LoadBalancerPort"]): one for one in current["Listeners"] if one["Protocol"] in SECURE}
    own = bool(current["Own"])
    for one in current["Listeners"]:
        port = int(one["LoadBalancerPort"])
        goal = int(wanted["port"]) if port == 80 else port
        if one["Protocol"] not in {"HTTP", *SECURE}:
            raise ValueError(
                f"port {port} passes {one['Protocol']} through: whether it is encrypted only its instances know. "
                "End TLS there with a listener of the protocol SSL, by hand"
            )
        if one["Protocol"] in SECURE or goal in kept:
            continue
        secure = {"Protocol": "HTTPS", "LoadBalancerPort": goal, "SSLCertificateId": the_certificate(wanted)}
        kept[goal] = _strong({**one, **secure}, current["TlsPolicies"])
        own = True
    return {**current, "Listeners": [kept[port] for port in sorted(kept)], "Own": own}


def with_managed_listener_certificates(current: Json, wanted: Json) -> Json:
    """Every certificate that is not Certificate Manager's replaced by `wanted["certificate"]`."""
    listeners = [
        one
        if one["Protocol"] not in SECURE or managed(one["SSLCertificateId"])
        else {**one, "SSLCertificateId": the_certificate(wanted)}
        for one in current["Listeners"]
    ]
    return {**current, "Listeners": listeners}


def with_listener_tls_1_2(current: Json, _wanted: Json) -> Json:
    """Our policy on every listener that encrypts and lets in TLS before 1.2."""
    listeners = [
        one
        if one["Protocol"] not in SECURE or one["Tls"] == TLS_1_2
        else _strong(one, current["TlsPolicies"])
        for one in current["Listeners"]
    ]
    return {**current, "Listeners": listeners, "Own": True}


SETTINGS = (Listeners(),)
BUILDERS = {
    "with_secure_listeners": with_secure_listeners,
    "with_managed_listener_certificates": with_managed_listener_certificates,
    "with_listener_tls_1_2": with_listener_tls_1_2,
}
