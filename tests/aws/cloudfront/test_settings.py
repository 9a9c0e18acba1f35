"""Distributions of CloudFront: ids, and the headers of origins that are never read."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.cloudfront.estate import SECRET, distribution
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION


@pytest.fixture
def do(aws):
    return lambda service, operation, **arguments: do_by_hand(aws, service, operation, **arguments)


def found(type: str, id: str) -> Target | None:
    return resource_type(type).target(id, ACCOUNT, REGION)


def test_a_distribution_is_known_by_its_arn_and_its_id_and_is_in_no_region():
    one = resource_type("AWS::CloudFront::Distribution").target("EDFDVBD632BHDS5", ACCOUNT, "eu-west-1")
    arn = f"arn:aws:cloudfront::{ACCOUNT}:distribution/EDFDVBD632BHDS5"
    assert one == resource_type("AWS::CloudFront::Distribution").target(arn, ACCOUNT, "global")
    assert (one.id, one.region) == (arn, "us-east-1")
    assert resource_type("AWS::CloudFront::Distribution").target("site.example.org", ACCOUNT, "") is None


def test_what_is_not_there_is_not_what_may_not_be_seen(aws):
    gone = found("AWS::CloudFront::Distribution", "EDFDVBD632BHDS5")
    assert setting("aws.cloudfront.viewer-protocol").read(aws, gone).value is ABSENT


def test_headers_of_origins_are_in_no_reading(aws, do):
    target = found("AWS::CloudFront::Distribution", distribution(do, "site"))
    for id in ("viewer-protocol", "root-object", "logs"):
        reading = setting(f"aws.cloudfront.{id}").read(aws, target)
        assert "CustomHeaders" not in str(reading.value)
        assert SECRET not in str(reading)
