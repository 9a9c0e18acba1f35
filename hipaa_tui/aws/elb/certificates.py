"""Certificates of load balancers' listeners, and which one of Certificate Manager's could take the place of another.

One is offered without being named only where there is no choice: another listener has it, or the region has but
one that is issued.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.elb import settings as elb
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import Json

SECURE: Final = ("HTTPS", "SSL", "TLS")
_KEY_TYPES: Final = ("RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1")
"""Kinds of keys that load balancers take; the list call leaves all but RSA_2048 out where none are named."""


def managed(certificate: str) -> bool:
    """Is it one of Certificate Manager's?"""
    arn = parse(certificate)
    return arn is not None and arn.service == "acm"


def offered(cloud: Cloud, target: Target, used: Iterable[str]) -> str:
    """The one certificate of Certificate Manager that there is for the load balancer, "" where there is a choice."""
    mine = sorted({one for one in used if managed(one)}) or _renewed(cloud, target)
    return mine[0] if len(mine) == 1 else ""


def _renewed(cloud: Cloud, target: Target) -> list[str]:
    """The issued certificates that Certificate Manager renews by itself. None where they may not be listed."""
    asked = {"CertificateStatuses": ["ISSUED"], "Includes": {"keyTypes": list(_KEY_TYPES)}}
    request = Call("aws", "acm", "ListCertificates", asked, target.region)
    try:
        listed = cloud.pages(request, "CertificateSummaryList")
    except CloudError as error:
        if error.transient or error.unauthenticated:
            raise
        return []
    return sorted({str(one["CertificateArn"]) for one in listed if one.get("Type") != "IMPORTED"})


def the_certificate(wanted: Json) -> str:
    """The certificate that the playbook asks for. ValueError where there is none of Certificate Manager."""
    certificate = str(wanted.get("certificate") or "")
    if not managed(certificate):
        raise ValueError(
            "an encrypting listener needs a certificate, and no one of Certificate Manager is the only one: "
            "name it (the parameter certificate)"
        )
    return certificate


def with_managed_certificates(current: Json, wanted: Json) -> Json:
    """Every certificate that is not Certificate Manager's replaced by `wanted["certificate"]`."""
    listeners = [
        one if managed(one["Certificate"]) else {**one, "Certificate": the_certificate(wanted)}
        for one in current["Listeners"]
    ]
    return {**current, "Listeners": listeners}


class ListenerCertificates(Setting):
    """{"Listeners": [{"ListenerArn", "Port", "Protocol", "Certificate": ARN}]} of those that encrypt."""

    id = "aws.elbv2.certificates"
    title = "Certificates of the listeners"
    resource = elb.NEWER_TYPE
    reads = (Operation("elbv2", "DescribeListeners"), Operation("acm", "ListCertificates"))
    writes = (Operation("elbv2", "ModifyListener"),)
    terraform = ("aws_lb_listener", "aws_alb_listener")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        listeners = [
            {
                "ListenerArn": str(one["ListenerArn"]),
                "Port": int(one["Port"]),
                "Protocol": str(one["Protocol"]),
                "Certificate": str(((one.get("Certificates") or [{}])[0]).get("CertificateArn") or ""),
            }
            for one in elb.listeners_of(cloud, target)
            if one.get("Protocol") in SECURE
        ]
        used = [str(one["Certificate"]) for one in listeners]
        certificate = "" if all(map(managed, used)) else offered(cloud, target, used)
        identity = {"Arn": target.id, "Name": target.name, "Certificate": certificate}
        return Reading({"Listeners": listeners}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        now = {one["ListenerArn"]: one for one in before["Listeners"]}
        steps: list[tuple[Call, Json]] = []
        for one in after["Listeners"]:
            arn = one["ListenerArn"]
            if arn in now and now[arn]["Certificate"] != one["Certificate"]:
                now[arn] = one
                chosen = [{"CertificateArn": one["Certificate"]}]
                request = elb.newer(target, "ModifyListener", ListenerArn=arn, Certificates=chosen)
                steps.append((request, {"Listeners": list(now.values())}))
        return steps


SETTINGS = (ListenerCertificates(),)
BUILDERS = {"with_managed_certificates": with_managed_certificates}
