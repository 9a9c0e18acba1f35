"""The guard of the account's trail: whether its bucket is there, and whether somebody stopped the trail."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.aws.cloudtrail.account import with_account_trail
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, bucket, make_bucket, verdict
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION

BLOCK, PASS, WARN = Outcome.BLOCK, Outcome.PASS, Outcome.WARN
TRAIL = "aws.cloudtrail.account-trail"


@pytest.fixture
def do(aws):
    return lambda service, operation, **more: do_by_hand(aws, service, operation, **more)


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


def trail_verdict(aws: Any, cloud: Any = None, name: str = "trail-files", *made: Any) -> tuple[Outcome, str]:
    target = found("AWS::CloudTrail::AccountTrails", ACCOUNT)
    asked = {"bucket": name, "partition": "aws", "account": ACCOUNT, "region": REGION}
    after = with_account_trail(setting(TRAIL).read(aws, target).value, asked)
    return verdict(cloud or aws, "account-trail-ready", target, *made, (TRAIL, after), bucket="")


def test_a_trail_needs_a_bucket_that_is_there(aws):
    outcome, reason = trail_verdict(aws)
    assert (outcome, "trail-files" in reason) == (BLOCK, True)
    make_bucket(aws, "trail-files")
    assert trail_verdict(aws)[0] is PASS


def test_a_bucket_that_the_plan_makes_is_ready_for_the_trail(aws):
    made = ("aws.s3.bucket", {"Region": REGION}, bucket("new-files"))
    assert trail_verdict(aws, None, "new-files", made)[0] is PASS


def test_whoever_names_a_bucket_has_to_let_the_trail_in(aws):
    make_bucket(aws, "their-files")
    target = found("AWS::CloudTrail::AccountTrails", ACCOUNT)
    asked = {"bucket": "their-files", "partition": "aws", "account": ACCOUNT, "region": REGION}
    after = with_account_trail(setting(TRAIL).read(aws, target).value, asked)
    outcome, _ = verdict(aws, "account-trail-ready", target, (TRAIL, after), bucket="their-files")
    assert outcome is WARN


def test_a_trail_that_was_stopped_was_stopped_by_somebody(aws, do):
    make_bucket(aws, "trail-files")
    do("cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files")
    outcome, reason = trail_verdict(aws)
    assert (outcome, "who stopped it" in reason) == (WARN, True)
    failing = {"IsLogging": False, "LatestDeliveryError": "AccessDenied"}
    outcome, reason = trail_verdict(aws, Answers(aws, GetTrailStatus=failing))
    assert (outcome, "AccessDenied" in reason) == (WARN, True)


def test_a_trail_that_runs_only_gets_more_to_record(aws, do):
    make_bucket(aws, "trail-files")
    do("cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files")
    do("cloudtrail", "StartLogging", Name="main")
    assert trail_verdict(aws)[0] is PASS


@pytest.mark.parametrize("name", ["account-trail-ready"])
def test_a_plan_without_such_a_change_is_nothing_to_look_at(aws, name):
    assert verdict(aws, name, bucket("records"))[0] is PASS


@pytest.mark.parametrize("name", ["account-trail-ready"])
def test_a_trail_that_cannot_be_seen_is_not_changed(name):
    assert name in guards()[1]
