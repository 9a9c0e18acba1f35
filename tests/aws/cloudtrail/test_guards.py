"""Guards of a trail: whether its bucket takes its files, and whether it belongs to an organization."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, allow, do, make_bucket, verdict
from tests.aws.server import ACCOUNT, REGION

TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
TRAILS = {"Service": "cloudtrail.amazonaws.com"}
MULTI = {
    "IsMultiRegionTrail": True,
    "EnableLogFileValidation": True,
    "IncludeGlobalServiceEvents": True,
    "IsLogging": True,
}


def trail(aws, *statements):
    make_bucket(aws, "trail-logs", *statements)
    do(aws, "cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-logs")
    return resource_type("AWS::CloudTrail::Trail").target(TRAIL, ACCOUNT, REGION)


def writes(**condition):
    more = {"Condition": condition} if condition else {}
    return allow(TRAILS, "s3:PutObject", f"arn:aws:s3:::trail-logs/AWSLogs/{ACCOUNT}/*", **more)


LOOKS = allow(TRAILS, "s3:GetBucketAcl", "arn:aws:s3:::trail-logs")


@pytest.mark.parametrize(
    ("statements", "outcome"),
    [
        ([writes(), LOOKS], Outcome.PASS),
        ([writes()], Outcome.WARN),
        ([LOOKS, writes(StringEquals={"aws:SourceArn": TRAIL, "s3:x-amz-acl": "x"})], Outcome.PASS),
        (
            [LOOKS, writes(ArnLike={"AWS:SourceArn": [f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"]})],
            Outcome.PASS,
        ),
        ([writes(StringEquals={"aws:SourceArn": TRAIL + "2"})], Outcome.WARN),
        ([LOOKS], Outcome.WARN),
        ([allow(TRAILS, ["s3:*"], "arn:aws:s3:::trail-logs/*")], Outcome.PASS),
        ([], Outcome.WARN),
    ],
)
def test_a_bucket_that_does_not_let_cloudtrail_write_is_told(aws, statements, outcome):
    assert verdict(aws, "trail-bucket-policy", trail(aws, *statements))[0] is outcome


def test_a_trail_whose_bucket_is_gone_is_no_trail(aws):
    target = trail(aws, writes())
    do(aws, "s3", "DeleteBucket", Bucket="trail-logs")
    outcome, reason = verdict(aws, "trail-bucket-policy", target)
    assert outcome is Outcome.BLOCK
    assert "gone" in reason


def test_cloudtrail_looks_at_the_acl_before_it_delivers(aws):
    outcome, reason = verdict(aws, "trail-bucket-policy", trail(aws, writes()))
    assert outcome is Outcome.WARN
    assert "s3:GetBucketAcl" in reason


def test_a_delivery_that_failed_is_told(aws):
    target = trail(aws, writes(), LOOKS)
    failing = Answers(aws, GetTrailStatus={"IsLogging": True, "LatestDeliveryError": "AccessDenied"})
    outcome, reason = verdict(failing, "trail-bucket-policy", target)
    assert outcome is Outcome.WARN
    assert "AccessDenied" in reason


def test_the_trail_of_an_organization_is_named(aws):
    target = trail(aws, writes())
    assert verdict(aws, "org-trail", target, ("aws.cloudtrail.trail", MULTI))[0] is Outcome.PASS
    theirs = f"arn:aws:cloudtrail:{REGION}:210987654321:trail/organization"
    shown = {"trailList": [{"TrailARN": theirs, "IsOrganizationTrail": True, "IsMultiRegionTrail": False}]}
    outcome, reason = verdict(Answers(aws, DescribeTrails=shown), "org-trail", target)
    assert outcome is Outcome.WARN
    assert theirs in reason
    own = Answers(aws, GetTrail={"Trail": {"Name": "main", "IsOrganizationTrail": True}})
    outcome, reason = verdict(own, "org-trail", target)
    assert outcome is Outcome.WARN
    assert "member" in reason
