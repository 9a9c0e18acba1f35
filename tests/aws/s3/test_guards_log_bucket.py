"""Guards of buckets that access logs go to: whether S3 can deliver there, and whether logs would go in circles."""

from __future__ import annotations

import pytest

from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome
from tests.aws.guards import Answers, allow, bucket, do, make_bucket, text, verdict

PHI = "arn:aws:s3:::phi-records/*"
LOGGER = {"Service": "logging.s3.amazonaws.com"}
BUCKET = "aws.s3.bucket"


def encrypted(with_key):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": with_key}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}


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
    assert "is a loop" in reason


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
    assert "Requester Pays" in reason


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
    memory, read = {}, SettingReader({"aws": cloud})
    words = [
        guards()[0]["not-a-log-target"](GuardContext(cloud, one, [], {}, {}, read, memory))[0]
        for one in targets
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
    assert "Object Lock retention" in reason
