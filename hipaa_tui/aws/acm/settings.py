"""Certificates of AWS Certificate Manager: how long they are good for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.aws.resource_types.region_switch import call
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import Json


class Certificates(Named):
    name = "AWS::CertificateManager::Certificate"
    title = "Certificate"
    service = "acm"
    kind = "certificate/"
    pattern = re.compile(r"[a-z0-9-]{6,64}")
    listing = Operation("acm", "ListCertificates")
    lists = (listing,)
    items = "CertificateSummaryList"
    field = "CertificateArn"
    # Without it only certificates with RSA keys of 1,024 and 2,048 bits are listed.
    arguments = {  # noqa: RUF012 - the base class's own shape
        "Includes": {
            "keyTypes": [
                *("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"),
                *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
            ]
        }
    }

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        found = cloud.call(call("acm", target, "ListTagsForCertificate", CertificateArn=target.id))
        return {str(tag["Key"]): str(tag.get("Value", "")) for tag in found.get("Tags") or []}


class Expiry(Setting):
    """{"Status", "Type", "InUse": bool, "NotAfter"?, "DaysLeft"?, "Renewal"?}. Only for looking.

    A certificate that nothing uses may run out without harm, and one that waits for its validation has no end.
    """

    id = "aws.acm.expiry"
    title = "End of the certificate"
    resource = Certificates.name
    reads = (Operation("acm", "DescribeCertificate"),)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            asked = call("acm", target, "DescribeCertificate", CertificateArn=target.id)
            found = cloud.call(asked)["Certificate"]
        except CloudError as error:
            return absent_on(("ResourceNotFoundException",), error)
        value: dict[str, Json] = {
            "Status": str(found.get("Status") or ""),
            "Type": str(found.get("Type") or ""),
            "InUse": bool(found.get("InUseBy")),
        }
        if found.get("NotAfter"):
            end = datetime.fromisoformat(str(found["NotAfter"]))
            value |= {"NotAfter": end.isoformat(), "DaysLeft": (end - datetime.now(UTC)).days}
        renewal = (found.get("RenewalSummary") or {}).get("RenewalStatus")
        if renewal:
            value["Renewal"] = str(renewal)
        return Reading(
            value, {"Domain": found.get("DomainName") or "", "InUseBy": found.get("InUseBy") or []}
        )

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("a certificate is renewed by whoever issued it: see the playbook's steps")


RESOURCE_TYPES = (Certificates(),)
SETTINGS = (Expiry(),)
