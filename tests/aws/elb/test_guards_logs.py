"""The guard of a load balancer's access logs: whether its bucket takes them."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import bucket, make_bucket, verdict
from tests.aws.guards import do as do_by_hand
from tests.aws.load_balancers import balancer
from tests.aws.server import ACCOUNT, REGION

BLOCK, PASS, WARN = Outcome.BLOCK, Outcome.PASS, Outcome.WARN
LOGS = "aws.elb.access-logs"


@pytest.fixture
def do(aws):
    return lambda service, operation, **arguments: do_by_hand(aws, service, operation, **arguments)


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


def logging(name: str) -> tuple[str, Any]:
    return LOGS, {"Kind": "application", "Enabled": True, "Bucket": name, "Prefix": "elb"}


def log_verdict(aws: Any, target: Target, name: str, *drafts: Any) -> tuple[Outcome, str]:
    return verdict(aws, "balancer-log-bucket", target, logging(name), *drafts, bucket=name)


@pytest.fixture
def logged(do):
    return found("AWS::ElasticLoadBalancing::AnyLoadBalancer", balancer(do, 80).id)


def test_logs_go_to_a_bucket_that_is_there_in_the_same_region(aws, do, logged):
    assert log_verdict(aws, logged, "nowhere")[0] is BLOCK
    assert log_verdict(aws, logged, "no")[0] is BLOCK
    far = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    do_by_hand(aws, "s3", "CreateBucket", "eu-west-1", Bucket="far-logs", **far)
    outcome, reason = log_verdict(aws, logged, "far-logs")
    assert (outcome, "eu-west-1" in reason) == (BLOCK, True)
    make_bucket(aws, "near-logs")
    assert log_verdict(aws, logged, "near-logs")[0] is PASS


def test_logs_are_not_delivered_to_a_bucket_with_a_key_of_its_own(aws, do, logged):
    target = make_bucket(aws, "their-logs")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    do("s3", "PutBucketEncryption", Bucket="their-logs", ServerSideEncryptionConfiguration={"Rules": [rule]})
    outcome, reason = log_verdict(aws, logged, "their-logs")
    assert (outcome, "KMS" in reason) == (BLOCK, True)
    plain = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    changed = ("aws.s3.bucket-encryption", plain, target)
    assert log_verdict(aws, logged, "their-logs", changed)[0] is PASS


def test_a_bucket_that_refuses_some_may_refuse_deliveries(aws, logged):
    elsewhere = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
    deny = {"Sid": "OnlyHere", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": elsewhere}
    make_bucket(aws, "their-logs", {**deny, "Resource": "arn:aws:s3:::their-logs/*"})
    outcome, reason = log_verdict(aws, logged, "their-logs")
    assert (outcome, "OnlyHere" in reason) == (WARN, True)


def test_a_bucket_that_the_plan_makes_is_ready(aws, logged):
    made = ("aws.s3.bucket", {"Region": REGION}, bucket("new-logs"))
    assert log_verdict(aws, logged, "new-logs", made)[0] is PASS
