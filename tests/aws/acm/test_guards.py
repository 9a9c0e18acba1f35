"""The guard of a load balancer's new certificate: whether it is issued, and serves the names of the one before."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import setting
from tests.aws.certificates import asked, certificate, uploaded
from tests.aws.guards import Answers, verdict
from tests.aws.guards import do as do_by_hand
from tests.aws.load_balancers import balancer
from tests.aws.server import ACCOUNT, REGION

BLOCK, PASS, WARN = Outcome.BLOCK, Outcome.PASS, Outcome.WARN


@pytest.fixture
def do(aws):
    return lambda service, operation, **arguments: do_by_hand(aws, service, operation, **arguments)


def swapped(aws: Any, target: Target, arn: str) -> tuple[str, Any]:
    listeners = setting("aws.elbv2.certificates").read(aws, target).value["Listeners"]
    return "aws.elbv2.certificates", {"Listeners": [{**one, "Certificate": arn} for one in listeners]}


def test_a_certificate_of_iam_cannot_be_compared(aws, do):
    target = balancer(do, 443, https=uploaded(do))
    outcome, reason = verdict(aws, "certificate-serves", target, swapped(aws, target, certificate(do)))
    assert (outcome, "portal.example.org" in reason) == (WARN, True)


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        ("portal.example.org", "other.example.org", BLOCK),
        ("portal.example.org", "*.example.org", PASS),
        ("a.portal.example.org", "*.example.org", BLOCK),
    ],
)
def test_a_certificate_has_the_names_of_the_one_before_it(aws, do, old, new, outcome):
    target = balancer(do, 443, https=certificate(do, old))
    change = swapped(aws, target, certificate(do, new))
    assert verdict(aws, "certificate-serves", target, change)[0] is outcome


def test_a_certificate_that_is_not_issued_or_is_elsewhere_serves_nobody(aws, do):
    target = balancer(do, 443, https=uploaded(do))
    waiting = swapped(aws, target, asked(do))
    assert verdict(aws, "certificate-serves", target, waiting)[0] is BLOCK
    elsewhere = swapped(aws, target, f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/1")
    outcome, reason = verdict(aws, "certificate-serves", target, elsewhere)
    assert (outcome, REGION in reason) == (BLOCK, True)


def test_a_certificate_that_was_imported_is_renewed_by_nobody(aws, do):
    arn = certificate(do, "*.example.org")
    target = balancer(do, 443, https=certificate(do))
    about = do("acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
    theirs = {"Certificate": {**about, "Type": "IMPORTED"}}
    change = swapped(aws, target, arn)
    assert verdict(aws, "certificate-serves", target, change)[0] is PASS
    outcome, reason = verdict(Answers(aws, DescribeCertificate=theirs), "certificate-serves", target, change)
    assert (outcome, "imported" in reason) == (WARN, True)


def test_a_certificate_that_ended_serves_nobody(aws, do):
    arn = certificate(do)
    target = balancer(do, 443, https=uploaded(do))
    about = do("acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
    ended = {"Certificate": {**about, "NotAfter": "2020-01-01T00:00:00+00:00"}}
    outcome, reason = verdict(
        Answers(aws, DescribeCertificate=ended), "certificate-serves", target, swapped(aws, target, arn)
    )
    assert (outcome, "2020-01-01" in reason) == (BLOCK, True)
