"""Guards of public access: who reads a bucket, or any bucket of the account, without credentials on purpose."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.s3.settings import FLAGS
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, allow, do, make_bucket, verdict
from tests.aws.server import ACCOUNT, REGION

PARTNER = "444455556666"
SITE = {"IndexDocument": {"Suffix": "index.html"}}
PHI = "arn:aws:s3:::phi-records/*"


class Distributions:
    """A cloud on which one distribution of CloudFront has this origin, shown on the second page.

    (moto lists distributions without their origins' access.)
    """

    def __init__(self, cloud, origin):
        self.cloud, self.origin, self.provider = cloud, origin, cloud.provider

    def call(self, call):
        if call.operation != "ListDistributions":
            return self.cloud.call(call)
        if "Marker" not in call.arguments:
            return {"DistributionList": {"IsTruncated": True, "NextMarker": "E0", "Items": []}}
        items = [{"Id": "E9", "Origins": {"Items": [self.origin]}}]
        return {"DistributionList": {"IsTruncated": False, "Items": items}}

    def pages(self, call, items):
        return self.cloud.pages(call, items)


# One bucket ------------------------------------------------------------------------------------------


def test_a_private_bucket_can_be_closed(aws):
    target = make_bucket(
        aws, "phi-records", allow({"AWS": f"arn:aws:iam::{PARTNER}:root"}, "s3:GetObject", PHI)
    )
    assert verdict(aws, "public-by-design", target)[0] is Outcome.PASS


def test_a_web_site_is_never_closed(aws):
    target = make_bucket(aws, "phi-records", allow("*", "s3:GetObject", PHI))
    do(aws, "s3", "PutBucketWebsite", Bucket="phi-records", WebsiteConfiguration=SITE)
    outcome, reason = verdict(aws, "public-by-design", target)
    assert outcome is Outcome.BLOCK
    assert "website" in reason


@pytest.mark.parametrize(
    ("principal", "more", "outcome"),
    [
        ("*", {}, Outcome.WARN),
        ({"AWS": "*"}, {}, Outcome.WARN),
        ({"AWS": ["*", f"arn:aws:iam::{ACCOUNT}:root"]}, {}, Outcome.WARN),
        ("*", {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, Outcome.PASS),
        ("*", {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, Outcome.PASS),
        ("*", {"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, Outcome.WARN),
        ("*", {"Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, Outcome.WARN),
        ("*", {"Condition": {"StringEquals": {"s3:prefix": "shared"}}}, Outcome.WARN),
        ("*", {"Effect": "Deny"}, Outcome.PASS),
    ],
)
def test_a_public_policy_is_named(aws, principal, more, outcome):
    target = make_bucket(aws, "phi-records", allow(principal, "s3:GetObject", PHI, **more))
    found, reason = verdict(aws, "public-by-design", target)
    assert found is outcome
    assert ("Theirs" in reason) is (outcome is Outcome.WARN)


def test_a_public_acl_is_named(aws):
    target = make_bucket(aws, "phi-records")
    do(aws, "s3", "DeletePublicAccessBlock", Bucket="phi-records")
    do(aws, "s3", "PutBucketAcl", Bucket="phi-records", ACL="public-read")
    outcome, reason = verdict(aws, "public-by-design", target)
    assert outcome is Outcome.WARN
    assert "READ" in reason


@pytest.mark.parametrize(
    ("domain", "access", "outcome"),
    [
        ("phi-records.s3.amazonaws.com", {}, Outcome.BLOCK),
        ("PHI-records.s3.us-east-1.amazonaws.com", {"OriginAccessControlId": ""}, Outcome.BLOCK),
        (
            "phi-records.s3.amazonaws.com",
            {"S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E1"}},
            Outcome.PASS,
        ),
        (
            "phi-records.s3.amazonaws.com",
            {"OriginAccessControlId": "E2", "S3OriginConfig": {"OriginAccessIdentity": ""}},
            Outcome.PASS,
        ),
        ("another.s3.amazonaws.com", {}, Outcome.PASS),
    ],
)
def test_an_origin_that_reads_without_credentials_would_go_dark(aws, domain, access, outcome):
    target = make_bucket(aws, "phi-records")
    found, reason = verdict(Distributions(aws, {"DomainName": domain, **access}), "public-by-design", target)
    assert found is outcome
    assert ("E9" in reason) is (outcome is Outcome.BLOCK)


def test_an_origin_by_its_dual_stack_name_would_go_dark(aws):
    target = make_bucket(aws, "phi-records")
    origin = {"DomainName": f"phi-records.s3.dualstack.{REGION}.amazonaws.com"}
    listed = {"DistributionList": {"Items": [{"Id": "E9", "Origins": {"Items": [origin]}}]}}
    found = verdict(Answers(aws, ListDistributions=listed), "public-by-design", target)
    assert found[0] is Outcome.BLOCK
    assert "E9" in found[1]


ALL = dict.fromkeys(FLAGS, True)
ACCOUNT_BLOCK = "aws.s3.account-public-access-block"
WHOLE = resource_type("AWS::S3::AccountPublicAccessBlock").target(ACCOUNT, ACCOUNT, REGION)


def opened(aws, name, *more):
    return make_bucket(aws, name, allow("*", "s3:GetObject", f"arn:aws:s3:::{name}/*"), *more)


@pytest.mark.parametrize("kind", ["alias", "cname"])
def test_a_name_of_route_53_that_leads_to_the_bucket_would_go_dark(aws, kind):
    name = "portal.example.org"
    target = make_bucket(aws, name)
    zone = do(aws, "route53", "CreateHostedZone", Name="example.org", CallerReference="x")["HostedZone"]["Id"]
    website = f"s3-website-{REGION}.amazonaws.com"
    alias = {
        "AliasTarget": {"HostedZoneId": "Z3AQBSTGFYJSTF", "DNSName": website, "EvaluateTargetHealth": False}
    }
    named = {"TTL": 60, "ResourceRecords": [{"Value": f"{name}.s3.amazonaws.com"}]}
    record = {"Name": name, **({"Type": "A", **alias} if kind == "alias" else {"Type": "CNAME", **named})}
    assert verdict(aws, "public-by-design", target)[0] is Outcome.PASS
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    do(aws, "route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch=batch)
    outcome, reason = verdict(aws, "public-by-design", target)
    assert outcome is Outcome.BLOCK
    assert name in reason


def test_a_public_access_point_is_named(aws):
    target = make_bucket(aws, "phi-records")
    do(aws, "s3control", "CreateAccessPoint", AccountId=ACCOUNT, Name="shared", Bucket="phi-records")
    assert verdict(aws, "public-by-design", target)[0] is Outcome.PASS
    # moto calls every access point public, or none.
    said = Answers(aws, GetAccessPointPolicyStatus={"PolicyStatus": {"IsPublic": True}})
    outcome, reason = verdict(said, "public-by-design", target)
    assert outcome is Outcome.WARN
    assert "shared" in reason


def test_awss_own_word_about_a_policy_counts(aws):
    target = make_bucket(
        aws,
        "phi-records",
        allow({"AWS": f"arn:aws:iam::{PARTNER}:root"}, "s3:GetObject", "arn:aws:s3:::phi-records/*"),
    )
    assert verdict(aws, "public-by-design", target)[0] is Outcome.PASS
    said = Answers(aws, GetBucketPolicyStatus={"PolicyStatus": {"IsPublic": True}})
    outcome, reason = verdict(said, "public-by-design", target)
    assert outcome is Outcome.WARN
    assert "AWS reports the bucket policy as public" in reason
    assert PARTNER in reason


def test_a_partner_is_shut_out_by_somebody_elses_public_statement(aws):
    partner = allow({"AWS": f"arn:aws:iam::{PARTNER}:root"}, "s3:GetObject", "arn:aws:s3:::phi-records/*")
    outcome, reason = verdict(
        aws, "public-by-design", opened(aws, "phi-records", {**partner, "Sid": "Partner"})
    )
    assert outcome is Outcome.WARN
    assert f"{PARTNER} would lose access" in reason


def test_where_a_block_stands_already_nobody_loses_anything(aws):
    target = opened(aws, "phi-records")
    assert verdict(aws, "public-by-design", target)[0] is Outcome.WARN
    do(aws, "s3control", "PutPublicAccessBlock", AccountId=ACCOUNT, PublicAccessBlockConfiguration=ALL)
    outcome, reason = verdict(aws, "public-by-design", target)
    assert outcome is Outcome.PASS
    assert "account's public access block" in reason


def test_the_block_that_is_planned_is_no_reason_to_call_the_bucket_closed(aws):
    """While planning, reads show the plan's own changes."""
    from hipaa_tui.plans.planner import FixRequest, make_plan
    from hipaa_tui.playbooks.load import load

    target = opened(aws, "portal")
    do(aws, "s3", "PutBucketWebsite", Bucket="portal", WebsiteConfiguration=SITE)
    wish = FixRequest(load().get("aws.s3.public-access-block"), target, ())
    assert make_plan([wish], {"aws": aws}, {}).blocked


# All of an account -----------------------------------------------------------------------------------


def test_an_account_of_private_buckets_can_be_closed(aws):
    for name in ("phi-records", "phi-imaging"):
        make_bucket(aws, name)
    outcome, reason = verdict(aws, "every-bucket-private", WHOLE, (ACCOUNT_BLOCK, ALL))
    assert outcome is Outcome.PASS
    assert "none of the 2 buckets" in reason


def test_every_bucket_that_loses_readers_has_to_be_named(aws):
    make_bucket(aws, "phi-records")
    opened(aws, "leaflets")
    opened(aws, "portal")
    do(aws, "s3", "PutBucketWebsite", Bucket="portal", WebsiteConfiguration=SITE)
    draft = (ACCOUNT_BLOCK, ALL)
    outcome, reason = verdict(aws, "every-bucket-private", WHOLE, draft)
    assert outcome is Outcome.BLOCK
    assert "2 of 3 buckets" in reason
    assert "leaflets" in reason
    assert "portal" in reason
    assert verdict(aws, "every-bucket-private", WHOLE, draft, accepted="leaflets")[0] is Outcome.BLOCK
    outcome, reason = verdict(aws, "every-bucket-private", WHOLE, draft, accepted="leaflets, portal")
    assert outcome is Outcome.WARN
    assert "as you accepted" in reason


def test_a_bucket_that_is_closed_already_has_nothing_to_lose(aws):
    opened(aws, "leaflets")
    do(aws, "s3", "PutPublicAccessBlock", Bucket="leaflets", PublicAccessBlockConfiguration=ALL)
    assert verdict(aws, "every-bucket-private", WHOLE, (ACCOUNT_BLOCK, ALL))[0] is Outcome.PASS


def test_refusing_new_grants_only_shuts_nobody_out(aws):
    opened(aws, "leaflets")
    only_new = {**dict.fromkeys(FLAGS, False), "BlockPublicPolicy": True}
    assert verdict(aws, "every-bucket-private", WHOLE, (ACCOUNT_BLOCK, only_new))[0] is Outcome.PASS
    assert "every-bucket-private" in guards()[1]
