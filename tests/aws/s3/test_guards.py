"""Who relies on a bucket as it is, and what S3 itself would refuse, is seen before a change."""

from __future__ import annotations

import pytest

from hipaa_tui.clouds.connections import Reader
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Look, Outcome
from tests.aws.guards import Answers, allow, bucket, do, key, make_bucket, text, verdict
from tests.aws.server import ACCOUNT

PARTNER = "444455556666"
SITE = {"IndexDocument": {"Suffix": "index.html"}}
PHI = "arn:aws:s3:::phi-records/*"
LOGGER = {"Service": "logging.s3.amazonaws.com"}
ENCRYPTION = "aws.s3.bucket-encryption"
BUCKET = "aws.s3.bucket"


def encrypted(with_key):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": with_key}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}


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


# Public readers --------------------------------------------------------------------------------------


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
    assert "web site" in reason


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


# Plain HTTP ------------------------------------------------------------------------------------------


def test_public_links_and_web_sites_may_need_plain_http(aws):
    target = make_bucket(aws, "phi-records", allow("*", "s3:GetObject", PHI))
    assert verdict(aws, "no-plain-http-clients", target)[0] is Outcome.WARN
    do(aws, "s3", "PutBucketWebsite", Bucket="phi-records", WebsiteConfiguration=SITE)
    assert verdict(aws, "no-plain-http-clients", target)[0] is Outcome.BLOCK


# The policy itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "outcome"), [(100, Outcome.PASS), (19_000, Outcome.WARN), (21_000, Outcome.BLOCK)]
)
def test_a_policy_has_to_fit(aws, length, outcome):
    target = make_bucket(aws, "phi-records")
    after = text({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "x" * length})
    assert verdict(aws, "policy-room", target, ("aws.s3.bucket-policy", after))[0] is outcome


def test_s3_refuses_new_public_policies_where_they_are_blocked(aws):
    target = make_bucket(aws, "phi-records")
    after = text(allow("*", "s3:GetObject", PHI))
    assert verdict(aws, "policy-room", target, ("aws.s3.bucket-policy", after))[0] is Outcome.PASS
    flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    blocked = dict.fromkeys(flags, True)
    do(aws, "s3", "PutPublicAccessBlock", Bucket="phi-records", PublicAccessBlockConfiguration=blocked)
    outcome, reason = verdict(aws, "policy-room", target, ("aws.s3.bucket-policy", after))
    assert outcome is Outcome.BLOCK
    assert "Theirs" in reason


# Encryption ------------------------------------------------------------------------------------------


def test_readers_of_another_account_need_the_key_too(aws):
    partner = {"AWS": [f"arn:aws:iam::{PARTNER}:role/claims-intake", PARTNER]}
    target = make_bucket(aws, "phi-records", allow(partner, "s3:GetObject", PHI))
    root = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*")
    closed, opened = (
        key(aws, Policy=text(root)),
        key(aws, Policy=text(root, allow(partner, "kms:Decrypt", "*"))),
    )
    outcome, reason = verdict(aws, "cross-account-readers", target, (ENCRYPTION, encrypted(closed)))
    assert outcome is Outcome.BLOCK
    assert PARTNER in reason
    assert verdict(aws, "cross-account-readers", target, (ENCRYPTION, encrypted(opened)))[0] is Outcome.PASS
    made = {"$known_after_apply": "c1.Arn"}
    assert verdict(aws, "cross-account-readers", target, (ENCRYPTION, encrypted(made)))[0] is Outcome.BLOCK


@pytest.mark.parametrize(
    ("principal", "outcome", "words"),
    [
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/etl"}, Outcome.PASS, "nobody outside"),
        ("*", Outcome.WARN, "without credentials"),
        (
            {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},
            Outcome.BLOCK,
            "identity",
        ),
        ({"Service": "cloudfront.amazonaws.com"}, Outcome.WARN, "cloudfront.amazonaws.com"),
    ],
)
def test_other_readers_are_told_apart(aws, principal, outcome, words):
    target = make_bucket(aws, "phi-records", allow(principal, "s3:GetObject", PHI))
    made = {"$known_after_apply": "c1.Arn"}
    found, reason = verdict(aws, "cross-account-readers", target, (ENCRYPTION, encrypted(made)))
    assert found is outcome
    assert words in reason


def log_to(aws, source, where):
    enabled = {"LoggingEnabled": {"TargetBucket": where, "TargetPrefix": ""}}
    do(aws, "s3", "PutBucketLogging", Bucket=source, BucketLoggingStatus=enabled)


def test_access_logs_never_arrive_in_a_bucket_with_kms(aws):
    target = make_bucket(aws, "logs-here")
    assert verdict(aws, "not-a-log-target", target)[0] is Outcome.PASS
    policy = text(allow(LOGGER, "s3:PutObject", "arn:aws:s3:::logs-here/*"))
    do(aws, "s3", "PutBucketPolicy", Bucket="logs-here", Policy=policy)
    assert verdict(aws, "not-a-log-target", target)[0] is Outcome.WARN
    make_bucket(aws, "phi-records")
    log_to(aws, "phi-records", "logs-here")
    outcome, reason = verdict(aws, "not-a-log-target", target)
    assert outcome is Outcome.BLOCK
    assert "phi-records" in reason


def test_load_balancers_deliver_to_s3s_own_keys_only(aws):
    balancer = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    target = make_bucket(aws, "logs-here", allow(balancer, "s3:PutObject", "arn:aws:s3:::logs-here/*"))
    assert verdict(aws, "not-a-log-target", target)[0] is Outcome.BLOCK


# The bucket that logs go to --------------------------------------------------------------------------


def test_a_log_bucket_that_is_there_or_is_made_will_do(aws):
    source = make_bucket(aws, "phi-records")
    assert verdict(aws, "log-bucket-ready", source, bucket="logs-here")[0] is Outcome.BLOCK
    made = (BUCKET, {"Region": "us-east-1"}, bucket("logs-here"))
    assert verdict(aws, "log-bucket-ready", source, made, bucket="logs-here")[0] is Outcome.PASS
    make_bucket(aws, "logs-here")
    assert verdict(aws, "log-bucket-ready", source, bucket="logs-here")[0] is Outcome.PASS


@pytest.mark.parametrize("name", ["phi-records", "no/name", ""])
def test_a_log_bucket_is_another_bucket(aws, name):
    source = make_bucket(aws, "phi-records")
    assert verdict(aws, "log-bucket-ready", source, bucket=name)[0] is Outcome.BLOCK


def test_a_log_bucket_of_another_region_gets_nothing(aws):
    source = make_bucket(aws, "phi-records")
    where = {"LocationConstraint": "eu-west-1"}
    do(aws, "s3", "CreateBucket", "eu-west-1", Bucket="logs-there", CreateBucketConfiguration=where)
    outcome, reason = verdict(aws, "log-bucket-ready", source, bucket="logs-there")
    assert outcome is Outcome.BLOCK
    assert "eu-west-1" in reason


def test_a_log_bucket_with_kms_gets_nothing(aws):
    source, there = make_bucket(aws, "phi-records"), make_bucket(aws, "logs-here")
    rules = encrypted("k")
    do(aws, "s3", "PutBucketEncryption", Bucket=there.name, ServerSideEncryptionConfiguration=rules)
    assert verdict(aws, "log-bucket-ready", source, bucket="logs-here")[0] is Outcome.BLOCK


def test_two_buckets_never_log_to_each_other(aws):
    source = make_bucket(aws, "phi-records", allow(LOGGER, "s3:PutObject", PHI))
    make_bucket(aws, "logs-here", allow(LOGGER, "s3:PutObject", "arn:aws:s3:::logs-here/*"))
    log_to(aws, "logs-here", "phi-records")
    outcome, reason = verdict(aws, "log-bucket-ready", source, bucket="logs-here")
    assert outcome is Outcome.BLOCK
    assert "another one" in reason
    log_to(aws, "logs-here", "logs-here")
    outcome, reason = verdict(aws, "log-bucket-ready", source, bucket="logs-here")
    assert outcome is Outcome.BLOCK
    assert "fills itself" in reason


def test_a_loop_over_several_buckets_is_one_too(aws):
    source = make_bucket(aws, "phi-records", allow(LOGGER, "s3:PutObject", PHI))
    for name in ("logs-here", "logs-there"):
        make_bucket(aws, name, allow(LOGGER, "s3:PutObject", f"arn:aws:s3:::{name}/*"))
    log_to(aws, "logs-here", "logs-there")
    outcome, reason = verdict(aws, "log-bucket-ready", source, bucket="logs-here")
    assert outcome is Outcome.WARN
    assert "logs-here logs to logs-there" in reason
    log_to(aws, "logs-there", "phi-records")
    assert verdict(aws, "log-bucket-ready", source, bucket="logs-here")[0] is Outcome.BLOCK
    log_to(aws, "logs-there", "logs-here")
    assert verdict(aws, "log-bucket-ready", source, bucket="logs-here")[0] is Outcome.BLOCK


def test_a_log_bucket_whose_readers_pay_gets_nothing(aws):
    source = make_bucket(aws, "phi-records")
    make_bucket(aws, "logs-here")
    paying = Answers(aws, GetBucketRequestPayment={"Payer": "Requester"})  # moto keeps no payer
    outcome, reason = verdict(paying, "log-bucket-ready", source, bucket="logs-here")
    assert outcome is Outcome.BLOCK
    assert "requesters pay" in reason


def test_of_very_many_buckets_some_are_looked_at_and_that_is_said(aws):
    target = make_bucket(aws, "logs-here", allow(LOGGER, "s3:PutObject", "arn:aws:s3:::logs-here/*"))
    make_bucket(aws, "phi-0000")
    names = {"Buckets": [{"Name": f"phi-{n:04}", "BucketRegion": "us-east-1"} for n in range(300)]}
    many = Answers(aws, ListBuckets=names, GetBucketLogging={"LoggingEnabled": {}})
    outcome, reason = verdict(many, "not-a-log-target", target)
    assert outcome is Outcome.WARN
    assert "200 of 300" in reason


def test_the_buckets_of_an_account_are_looked_at_once_for_all_targets_of_a_plan(aws):
    lets = [allow(LOGGER, "s3:PutObject", f"arn:aws:s3:::{name}/*") for name in ("logs-a", "logs-b")]
    targets = [make_bucket(aws, "logs-a", lets[0]), make_bucket(aws, "logs-b", lets[1])]
    make_bucket(aws, "phi-records")
    log_to(aws, "phi-records", "logs-b")
    asked = []

    class Counting(Answers):
        def call(self, call):
            asked.append(call.operation)
            return super().call(call)

        def pages(self, call, items):
            asked.append(call.operation)
            return super().pages(call, items)

    cloud = Counting(aws)
    memory, read = {}, Reader({"aws": cloud})
    words = [
        guards()[0]["not-a-log-target"](Look(cloud, one, [], {}, {}, read, memory))[0] for one in targets
    ]
    assert words == [Outcome.WARN, Outcome.BLOCK]
    assert asked.count("ListBuckets") == 1
    assert asked.count("GetBucketLogging") == 3  # each bucket's own, however many targets ask


def test_a_log_bucket_that_locks_by_default_gets_nothing(aws):
    source = make_bucket(aws, "phi-records")
    do(aws, "s3", "CreateBucket", Bucket="logs-here", ObjectLockEnabledForBucket=True)
    kept = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": kept}
    do(aws, "s3", "PutObjectLockConfiguration", Bucket="logs-here", ObjectLockConfiguration=lock)
    outcome, reason = verdict(aws, "log-bucket-ready", source, bucket="logs-here")
    assert outcome is Outcome.BLOCK
    assert "locks" in reason
