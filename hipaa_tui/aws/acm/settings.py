"""Certificates of AWS Certificate Manager: how long they are good for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, flag, text
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Target
from hipaa_tui.support.json_value import Json

_KEY_TYPES: Final[list[Json]] = [
    *("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"),
    *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
]


class Certificates(Named):
    name = "AWS::CertificateManager::Certificate"
    title = "Certificate"
    service = "acm"
    kind = "certificate/"
    pattern = re.compile(r"[a-z0-9-]{6,64}")
    # Without key types only certificates with RSA keys of 1,024 and 2,048 bits are listed.
    listing = Read(
        "acm", "ListCertificates", "CertificateSummaryList", {"Includes": {"keyTypes": _KEY_TYPES}}
    )
    field = "CertificateArn"
    tagging = Read("acm", "ListTagsForCertificate", "Tags", {"CertificateArn": "{id}"})


class Expiry(Declared):
    """{"Status", "Type", "InUse": bool, "NotAfter"?, "DaysLeft"?, "Renewal"?}. Read-only.

    A certificate that nothing uses may run out without harm, and one that waits for its validation has no end.
    """

    id = "aws.acm.expiry"
    title = "End of the certificate"
    resource = Certificates.name
    reading = Read(
        *("acm", "DescribeCertificate", "Certificate", {"CertificateArn": "{id}"}),
        gone=("ResourceNotFoundException",),
    )
    fields = {
        "Status": text("Status"),
        "Type": text("Type"),
        "InUse": flag("InUseBy"),
        "Renewal": text("RenewalSummary.RenewalStatus", None),
    }
    identity_fields = {"Domain": text("DomainName")}
    read_only = "a certificate is renewed by whoever issued it: see the playbook's steps"

    def value(self, found: Any) -> Json:
        value = super().value(found)
        if found.get("NotAfter"):
            end = datetime.fromisoformat(str(found["NotAfter"]))
            value |= {"NotAfter": end.isoformat(), "DaysLeft": (end - datetime.now(UTC)).days}
        return value

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        return {**super().identity_of(target, found), "InUseBy": found.get("InUseBy") or []}


RESOURCE_TYPES = (Certificates(),)
SETTINGS = (Expiry(),)
