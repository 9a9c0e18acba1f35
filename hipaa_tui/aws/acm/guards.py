"""Looks at a certificate before clients meet it: one that is not theirs shuts them all out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.elb.certificates import managed
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT, Json

_FIELDS: Final = {
    "aws.elb.listeners": "SSLCertificateId",
    "aws.elbv2.certificates": "Certificate",
}
_SHOWN: Final = 3


def certificate_serves(look: Look) -> Verdict:
    """Blocks a certificate that is not valid here, or lacks a name that the one before it had."""
    fresh, old = set[str](), set[str]()
    for draft in look.changes:
        if field := _FIELDS.get(draft.setting):
            fresh |= _named(draft.after, field) - _named(draft.before, field)
            old |= _named(draft.before, field) - _named(draft.after, field)
    if not fresh:
        return Outcome.PASS, "no certificate is put in"
    names: list[str] = []
    for certificate in sorted(fresh):
        trouble, names = trouble_of(look, certificate)
        if trouble:
            return Outcome.BLOCK, f"{certificate} {trouble}"
    unseen = [one for one in sorted(old) if not managed(one)]
    for one in sorted(old - set(unseen)):
        lacking = [name for name in trouble_of(look, one)[1] if not _covers(names, name)]
        if lacking:
            return (
                Outcome.BLOCK,
                f"clients that ask for {', '.join(lacking[:_SHOWN])} would be refused: the new certificate is for "
                f"{', '.join(names[:_SHOWN])}",
            )
    shown = ", ".join(names[:_SHOWN])
    if imported := [one for one in sorted(fresh) if _about(look, one).get("Type") == "IMPORTED"]:
        return (
            Outcome.WARN,
            f"{imported[0]} was imported, so nobody renews it but you: note the day when it ends",
        )
    if unseen or not old:
        return (
            Outcome.WARN,
            f"the certificate is for {shown}: make sure that clients come by these names alone",
        )
    return Outcome.PASS, f"the new certificate has every name of the old one ({shown})"


def trouble_of(look: Look, certificate: str) -> tuple[str, list[str]]:
    """(why a certificate of Certificate Manager cannot serve here, "" where it can; the names that it is for)."""
    arn = parse(certificate)
    if arn is None or arn.region != look.target.region:
        return f"is not in {look.target.region}, where the load balancer is", []
    about = _about(look, certificate)
    names = sorted({str(about["DomainName"]), *map(str, about.get("SubjectAlternativeNames") or [])})
    if about.get("Status") != "ISSUED":
        return f"is {about.get('Status')} and not issued: validate or renew it first", names
    if (end := _time(about.get("NotAfter"))) and end <= datetime.now(UTC):
        return f"was valid until {end:%Y-%m-%d}: renew it first", names
    return "", names


def _about(look: Look, certificate: str) -> dict[str, Any]:
    asked = Call("aws", "acm", "DescribeCertificate", {"CertificateArn": certificate}, look.target.region)
    return dict(look.cloud.call(asked)["Certificate"])


def _named(value: Json, field: str) -> set[str]:
    listeners: list[dict[str, Any]] = [] if value is ABSENT else value["Listeners"]
    return {str(one[field]) for one in listeners if one.get(field)}


def _covers(names: Iterable[str], wanted: str) -> bool:
    """Does a certificate for these names serve the wanted one? A star stands for one label."""
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
CAUTIOUS = ("certificate-serves",)
