"""The public access of a trail's bucket: the guard that asks who reads it, and the settings that close it."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.cloudtrail.estate import build, trail
from tests.aws.guards import do as by_hand
from tests.aws.guards import verdict
from tests.aws.server import ACCOUNT, REGION

BLOCK, ACL = "aws.cloudtrail.bucket-public-access-block", "aws.cloudtrail.bucket-acl"


def target(name: str) -> Any:
    return resource_type("AWS::CloudTrail::Trail").target(
        f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{name}", ACCOUNT, REGION
    )


def says(aws: Any, name: str) -> tuple[Outcome, str]:
    return verdict(aws, "trail-bucket-readers", target(name))


def test_readers_of_the_bucket_are_told_by_its_name(aws):
    build(aws)
    assert says(aws, "kept")[0] is Outcome.PASS
    outcome, reason = says(aws, "listed")
    assert outcome is Outcome.WARN
    assert reason.startswith("listed-logs: the bucket ACL grants READ to the public")


def test_a_bucket_that_serves_a_web_site_too_would_go_dark(aws):
    build(aws)
    site = {"IndexDocument": {"Suffix": "index.html"}}
    by_hand(aws, "s3", "PutBucketWebsite", Bucket="listed-logs", WebsiteConfiguration=site)
    assert says(aws, "listed")[0] is Outcome.BLOCK


def test_a_trail_or_a_bucket_that_is_gone_is_told(aws):
    assert says(aws, "never")[0] is Outcome.BLOCK
    trail(lambda *names, **more: by_hand(aws, *names, **more), "main")
    by_hand(aws, "s3", "DeleteBucket", Bucket="main-logs")
    assert says(aws, "main")[0] is Outcome.BLOCK
    for one in (BLOCK, ACL):
        assert fresh({"aws": aws}, one, target("main")).absent
        with pytest.raises(ValueError, match="gone"):
            setting(one).write(
                target("main"), fresh({"aws": aws}, one, target("main")), {"Bucket": "main-logs"}
            )


def test_a_trail_that_writes_elsewhere_by_now_is_another_value(aws):
    trail(lambda *names, **more: by_hand(aws, *names, **more), "main")
    by_hand(aws, "s3", "CreateBucket", Bucket="other-logs")
    first = fresh({"aws": aws}, BLOCK, target("main"))
    by_hand(aws, "cloudtrail", "UpdateTrail", Name="main", S3BucketName="other-logs")
    second = fresh({"aws": aws}, BLOCK, target("main"))
    assert (first.value["Bucket"], second.value["Bucket"]) == ("main-logs", "other-logs")
    assert not setting(BLOCK).same(first.value, second.value)


def test_a_bucket_of_another_region_is_asked_there(aws):
    where = {"LocationConstraint": "eu-west-1"}
    by_hand(aws, "s3", "CreateBucket", "eu-west-1", Bucket="far-logs", CreateBucketConfiguration=where)
    by_hand(aws, "cloudtrail", "CreateTrail", Name="far", S3BucketName="far-logs")
    found = fresh({"aws": aws}, BLOCK, target("far"))
    assert found.identity["Region"] == "eu-west-1"
    after = {**found.value, "Configured": True, "BlockPublicAcls": True}
    (call,) = setting(BLOCK).write(target("far"), found, after)
    assert (call.region, call.arguments["Bucket"]) == ("eu-west-1", "far-logs")


def test_a_bucket_that_may_not_be_looked_at_is_an_error_and_not_nothing(aws):
    """moto's buckets belong to everybody of the server: S3's refusal is told here."""
    trail(lambda *names, **more: by_hand(aws, *names, **more), "main")

    class Refusing:
        provider = "aws"

        def call(self, call: Any) -> Any:
            if call.operation == "HeadBucket":
                raise CloudError("403", "Forbidden", status=403, call=call)
            return aws.call(call)

    with pytest.raises(CloudError):
        setting(BLOCK).read(Refusing(), target("main"))
