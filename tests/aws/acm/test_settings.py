"""Certificates in use that end soon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.aws.guards import Answers, do
from tests.aws.runs import finds


def certificate(aws, days, **more):
    """A cloud in which the account's certificate ends in so many days: moto's cannot be put to use."""
    arn = do(aws, "acm", "RequestCertificate", DomainName="portal.example.org")["CertificateArn"]
    about = {
        "CertificateArn": arn,
        "Status": "ISSUED",
        "Type": "IMPORTED",
        "InUseBy": ["arn:aws:elasticloadbalancing:x"],
        "NotAfter": (datetime.now(UTC) + timedelta(days=days, hours=1)).isoformat(),
    }
    return Answers(aws, DescribeCertificate={"Certificate": {**about, **more}})


@pytest.mark.parametrize(
    ("days", "more", "wrong"),
    [
        (31, {}, False),
        (29, {}, True),
        (-2, {"Status": "EXPIRED"}, True),
        (2, {"InUseBy": []}, False),
        (400, {"Status": "EXPIRED"}, True),
    ],
)
def test_a_certificate_in_use_has_to_last_for_a_month(aws, days, more, wrong):
    assert finds(certificate(aws, days, **more), "aws.acm.certificate-expiry") is wrong
