"""Guards of CloudFront distributions: whether HTTPS serves their names, and whether the root object is there."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.certificates import asked, certificate
from tests.aws.cloudfront.estate import distribution
from tests.aws.guards import Answers, verdict
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION

BLOCK, PASS, WARN = Outcome.BLOCK, Outcome.PASS, Outcome.WARN


@pytest.fixture
def do(aws):
    return lambda service, operation, **arguments: do_by_hand(aws, service, operation, **arguments)


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


def distribution_at(do: Any, **more: Any) -> Target:
    return found("AWS::CloudFront::Distribution", distribution(do, "site", **more))


HTTPS = ("aws.cloudfront.viewer-protocol", {"Default": "https-only", "Behaviors": []})


def test_viewers_of_a_name_of_its_own_need_a_certificate_for_it(aws, do):
    names = {"Quantity": 1, "Items": ["portal.example.org"]}
    bare = {"CloudFrontDefaultCertificate": True}
    target = distribution_at(do, Aliases=names, ViewerCertificate=bare)
    outcome, reason = verdict(aws, "distribution-https-ready", target, HTTPS)
    assert (outcome, "portal.example.org" in reason) == (BLOCK, True)
    config = do("cloudfront", "GetDistributionConfig", Id=target.name)["DistributionConfig"]

    def with_certificate(**given: Any) -> Any:
        return Answers(
            aws, GetDistributionConfig={"DistributionConfig": {**config, "ViewerCertificate": given}}
        )

    good, late = certificate(do), asked(do)
    said = verdict(with_certificate(ACMCertificateArn=late), "distribution-https-ready", target, HTTPS)
    assert said[0] is BLOCK
    said = verdict(with_certificate(ACMCertificateArn=good), "distribution-https-ready", target, HTTPS)
    assert said[0] is PASS
    said = verdict(with_certificate(IAMCertificateId="A"), "distribution-https-ready", target, HTTPS)
    assert said[0] is WARN


def test_the_name_that_cloudfront_gave_has_a_certificate(aws, do):
    assert verdict(aws, "distribution-https-ready", distribution_at(do), HTTPS)[0] is PASS


def rooted(name: str, bucket: str = "pages") -> tuple[str, Any]:
    return "aws.cloudfront.root-object", {"DefaultRootObject": name, "Bucket": bucket}


def test_the_root_is_given_a_page_that_is_there(aws, do):
    target = distribution_at(do)
    do("s3", "CreateBucket", Bucket="pages")
    assert verdict(aws, "root-object-there", target, rooted("index.html"))[0] is BLOCK
    do("s3", "PutObject", Bucket="pages", Key="index.html", Body="")
    assert verdict(aws, "root-object-there", target, rooted("index.html"))[0] is PASS
    assert verdict(aws, "root-object-there", target, rooted("/index.html"))[0] is BLOCK
    assert verdict(aws, "root-object-there", target, rooted("index.html", bucket=""))[0] is WARN
