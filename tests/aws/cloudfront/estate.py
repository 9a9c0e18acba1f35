"""Distributions: one as it was first set up, and "kept", which is as it should be."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ()
# Their calls hand the distribution's own configuration back: test_playbooks.py follows them.
ONE_WAY = ("aws.cloudfront.https", "aws.cloudfront.root-object")
SECRET = "correct-horse-battery-staple-9"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    do("s3", "CreateBucket", Bucket="pages")
    do("s3", "PutObject", Bucket="pages", Key="index.html", Body="")
    distribution(do, "kept", "https-only", DefaultRootObject="index.html")
    distribution(do, "site")
    return cloud


def distribution(do: Any, name: str, policy: str = "allow-all", **more: Any) -> str:
    """The id of a distribution before the bucket "pages", whose header for the origin is a secret."""
    headers = {"Quantity": 1, "Items": [{"HeaderName": "x-origin-verify", "HeaderValue": SECRET}]}
    origin = {"Id": "pages", "DomainName": "pages.s3.amazonaws.com", "CustomHeaders": headers}
    origins = [{**origin, "S3OriginConfig": {"OriginAccessIdentity": ""}}]
    behavior = {
        "TargetOriginId": "pages",
        "ViewerProtocolPolicy": policy,
        "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
        "MinTTL": 0,
    }
    config = {
        "CallerReference": name,
        "Origins": {"Quantity": 1, "Items": origins},
        "DefaultCacheBehavior": behavior,
        "CacheBehaviors": {"Quantity": 1, "Items": [{**behavior, "PathPattern": "/records/*"}]},
        "Comment": name,
        "Enabled": True,
        **more,
    }
    return str(do("cloudfront", "CreateDistribution", DistributionConfig=config)["Distribution"]["Id"])
