"""Checks that a load balancer's new certificate is valid and covers every name of the one it replaces."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.elb.certificates import managed
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT, Json

_FIELDS: Final = {
    "aws.elb.listeners": "SSLCertificateId",
    "aws.elbv2.certificates": "Certificate",
}
_SHOWN: Final = 3


def certificate_serves(context: GuardContext) -> Verdict:
    """Blocks a certificate that is not valid here or lacks a name of the one it replaces.

    Warns of an imported certificate, and where there is no earlier certificate in ACM to compare names with.
    """
    added, replaced = set[str](), set[str]()
    for draft in context.changes:
        if field := _FIELDS.get(draft.setting):
            added |= _named(draft.after, field) - _named(draft.before, field)
            replaced |= _named(draft.before, field) - _named(draft.after, field)
    if not added:
        return Outcome.PASS, "no certificate is added"
    names: list[str] = []
    for certificate in sorted(added):
        trouble, names = trouble_of(context, certificate)
        if trouble:
            return Outcome.BLOCK, f"{certificate} {trouble}"
    unreadable = [arn for arn in sorted(replaced) if not managed(arn)]
    for arn in sorted(replaced - set(unreadable)):
        lacking = [name for name in trouble_of(context, arn)[1] if not _covers(names, name)]
        if lacking:
            return (
                Outcome.BLOCK,
                f"the new certificate is for {', '.join(names[:_SHOWN])}, not for {', '.join(lacking[:_SHOWN])}: "
                "clients that connect by those names would refuse it, so choose one that covers them",
            )
    shown = ", ".join(names[:_SHOWN])
    if imported := [arn for arn in sorted(added) if _about(context, arn).get("Type") == "IMPORTED"]:
        return (
            Outcome.WARN,
            f"{imported[0]} was imported, so ACM does not renew it: note its expiry date and replace it in time",
        )
    if unreadable or not replaced:
        return (
            Outcome.WARN,
            f"the certificate is for {shown}: make sure that clients connect only by these names",
        )
    return Outcome.PASS, f"the new certificate covers every name of the old one ({shown})"


def trouble_of(context: GuardContext, certificate: str) -> tuple[str, list[str]]:
    """Returns (why an ACM certificate cannot serve here, or ""; the names that it covers).

    The first part is the rest of a sentence about the certificate.
    """
    arn = parse(certificate)
    if arn is None or arn.region != context.target.region:
        return f"is not in {context.target.region}, where the load balancer is", []
    details = _about(context, certificate)
    names = sorted({str(details["DomainName"]), *map(str, details.get("SubjectAlternativeNames") or [])})
    if details.get("Status") != "ISSUED":
        return f"has the status {details.get('Status')}, not ISSUED: validate or renew it first", names
    if (end := _time(details.get("NotAfter"))) and end <= datetime.now(UTC):
        return f"expired on {end:%Y-%m-%d}: renew it first", names
    return "", names


def _about(context: GuardContext, certificate: str) -> dict[str, Any]:
    request = Call(
        "aws", "acm", "DescribeCertificate", {"CertificateArn": certificate}, context.target.region
    )
    return dict(context.cloud.call(request)["Certificate"])


def _named(value: Json, field: str) -> set[str]:
    listeners: list[dict[str, Any]] = [] if value is ABSENT else value["Listeners"]
    return {str(listener[field]) for listener in listeners if listener.get(field)}


def _covers(names: Iterable[str], wanted: str) -> bool:
    """Does a certificate for these names cover the wanted one? A wildcard stands for one label."""
    return any(
        wanted == name or (fnmatchcase(wanted, name) and wanted.count(".") == name.count("."))
        for name in names
    )


def _time(value: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


GUARDS = {"certificate-serves": certificate_serves}
BLOCK_ON_ERROR = ("certificate-serves",)
