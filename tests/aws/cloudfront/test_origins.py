"""Distributions whose origin is a bucket that nobody has."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.aws.cloudfront.origins import bucket_in
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.cloudfront.estate import distribution
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()


def wrong(aws: Any, id: str) -> list[str]:
    """The short names of what a scan finds for a playbook."""
    seen = scan([CATALOGUE.get(id)], [Place("aws", ACCOUNT, REGION)], {"aws": aws})
    assert seen.problems == ()
    return sorted(one.resource.rpartition("/")[2] for one in seen.findings)


ORIGINS = "aws.cloudfront.origin-buckets"


def test_a_distribution_before_a_bucket_that_nobody_has_is_found_and_seen_mended(aws):
    def by_hand(*names: str, **arguments: Any) -> Any:
        return do(aws, *names, **arguments)

    site = distribution(by_hand, "site")
    assert wrong(aws, ORIGINS) == [site]
    do(aws, "s3", "CreateBucket", Bucket="pages")
    assert wrong(aws, ORIGINS) == []
    target = resource_type("AWS::CloudFront::Distribution").target(site, ACCOUNT, REGION)
    assert setting(ORIGINS).read(aws, target).value == {"Buckets": ["pages"], "Missing": []}
    with pytest.raises(ValueError, match="person"):
        setting(ORIGINS).write(target, Reading({}), {})


@pytest.mark.parametrize(
    ("code", "status", "there"), [("403", 403, True), ("301", 301, True), ("404", 404, False)]
)
def test_somebody_elses_bucket_is_not_missing(aws, code, status, there):
    """moto lets everybody of the server look: S3's refusal is told here."""
    site = distribution(lambda *names, **more: do(aws, *names, **more), "site")

    class Answering:
        provider = "aws"

        def call(self, call: Any) -> Any:
            if call.operation == "HeadBucket":
                raise CloudError(code, "", status=status, call=call)
            return aws.call(call)

    target = resource_type("AWS::CloudFront::Distribution").target(site, ACCOUNT, REGION)
    found = setting(ORIGINS).read(Answering(), target).value
    assert found["Missing"] == ([] if there else ["pages"])


def test_a_bucket_that_could_not_be_asked_for_is_an_error(aws):
    site = distribution(lambda *names, **more: do(aws, *names, **more), "site")

    class Down:
        provider = "aws"

        def call(self, call: Any) -> Any:
            if call.operation == "HeadBucket":
                raise CloudError("500", "", status=500, transient=True, call=call)
            return aws.call(call)

    target = resource_type("AWS::CloudFront::Distribution").target(site, ACCOUNT, REGION)
    with pytest.raises(CloudError):
        setting(ORIGINS).read(Down(), target)


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("pages.s3.amazonaws.com", "pages"),
        ("www.example.org.s3.eu-west-1.amazonaws.com", "www.example.org"),
        ("pages.s3-eu-west-1.amazonaws.com", "pages"),
        ("pages.s3-website-us-east-1.amazonaws.com", "pages"),
        ("pages.s3-website.eu-central-1.amazonaws.com", "pages"),
        ("pages.s3.dualstack.us-west-2.amazonaws.com", "pages"),
        ("pages.s3.cn-north-1.amazonaws.com.cn", "pages"),
        ("web-abc123-s3alias.s3.us-east-1.amazonaws.com", ""),
        ("portal.example.org", ""),
        ("pages.s3.amazonaws.com.evil.org", ""),
        ("lb-1.us-east-1.elb.amazonaws.com", ""),
    ],
)
def test_hosts_of_s3_are_told_from_others(domain, name):
    assert bucket_in(domain) == name
