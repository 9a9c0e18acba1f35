"""Whoever reads without credentials on purpose is found, in one bucket or in all of an account."""

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
ALL = dict.fromkeys(FLAGS, True)
ACCOUNT_BLOCK = "aws.s3.account-public-access-block"
WHOLE = resource_type("AWS::S3::AccountPublicAccessBlock").target(ACCOUNT, ACCOUNT, REGION)


def opened(aws, name, *more):
    return make_bucket(aws, name, allow("*", "s3:GetObject", f"arn:aws:s3:::{name}/*"), *more)


# One bucket ------------------------------------------------------------------------------------------


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
    assert "AWS calls its policy public" in reason
    assert PARTNER in reason


def test_a_partner_is_shut_out_by_somebody_elses_public_statement(aws):
    partner = allow({"AWS": f"arn:aws:iam::{PARTNER}:root"}, "s3:GetObject", "arn:aws:s3:::phi-records/*")
    outcome, reason = verdict(
        aws, "public-by-design", opened(aws, "phi-records", {**partner, "Sid": "Partner"})
    )
    assert outcome is Outcome.WARN
    assert f"{PARTNER} would be shut out" in reason


def test_where_a_block_stands_already_nobody_loses_anything(aws):
    target = opened(aws, "phi-records")
    assert verdict(aws, "public-by-design", target)[0] is Outcome.WARN
    do(aws, "s3control", "PutPublicAccessBlock", AccountId=ACCOUNT, PublicAccessBlockConfiguration=ALL)
    outcome, reason = verdict(aws, "public-by-design", target)
    assert outcome is Outcome.PASS
    assert "account's own block" in reason


def test_the_block_that_is_planned_is_no_reason_to_call_the_bucket_closed(aws):
    """While planning, reads show the plan's own changes."""
    from hipaa_tui.plans.planner import Wish, make_plan
    from hipaa_tui.playbooks.load import load

    target = opened(aws, "portal")
    do(aws, "s3", "PutBucketWebsite", Bucket="portal", WebsiteConfiguration=SITE)
    wish = Wish(load().get("aws.s3.public-access-block"), target, ())
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
    assert "as you have named them" in reason


def test_a_bucket_that_is_closed_already_has_nothing_to_lose(aws):
    opened(aws, "leaflets")
    do(aws, "s3", "PutPublicAccessBlock", Bucket="leaflets", PublicAccessBlockConfiguration=ALL)
    assert verdict(aws, "every-bucket-private", WHOLE, (ACCOUNT_BLOCK, ALL))[0] is Outcome.PASS


def test_refusing_new_grants_only_shuts_nobody_out(aws):
    opened(aws, "leaflets")
    only_new = {**dict.fromkeys(FLAGS, False), "BlockPublicPolicy": True}
    assert verdict(aws, "every-bucket-private", WHOLE, (ACCOUNT_BLOCK, only_new))[0] is Outcome.PASS
    assert "every-bucket-private" in guards()[1]
