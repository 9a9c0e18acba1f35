"""What a trail records of its own files, what events cost, which key it needs, and who rules that key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.aws.cloudtrail.events import with_object_events
from hipaa_tui.aws.cloudtrail.key import grants
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, allow, do, key, make_bucket, text, verdict
from tests.aws.server import ACCOUNT, REGION

TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
SELECTORS = "aws.cloudtrail.event-selectors"
KEY = "aws.cloudtrail.encryption-key"
POLICY = "aws.kms.key-policy"
PARTNER = "444455556666"
ROOT = {**allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*"), "Sid": "Root"}


@pytest.fixture
def trail(aws):
    for name in ("trail-logs", "phi-records"):
        make_bucket(aws, name)
    do(aws, "cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-logs")
    found = resource_type("AWS::CloudTrail::Trail").target(TRAIL, ACCOUNT, REGION)
    assert found is not None
    return found


# Data events -----------------------------------------------------------------------------------------


def data(**arn):
    tests = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ]
    if arn:
        tests.append({"Field": "resources.ARN", **arn})
    return {"AdvancedEventSelectors": [{"FieldSelectors": tests}]}


def basic(*values, kind="All"):
    resources = [{"Type": "AWS::S3::Object", "Values": list(values)}]
    selector = {"ReadWriteType": kind, "IncludeManagementEvents": True, "DataResources": resources}
    return {"EventSelectors": [selector]}


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (data(), Outcome.BLOCK),
        (data(NotStartsWith=["arn:aws:s3:::other/"]), Outcome.BLOCK),
        (data(StartsWith=["arn:aws:s3:::trail-"]), Outcome.BLOCK),
        (data(StartsWith=["arn:aws:s3:::trail-logs/AWSLogs/"]), Outcome.BLOCK),
        (data(NotStartsWith=["arn:aws:s3:::trail-logs/"]), Outcome.WARN),
        (data(StartsWith=["arn:aws:s3:::phi-"]), Outcome.WARN),
        (basic("arn:aws:s3"), Outcome.BLOCK),
        (basic("arn:aws:s3:::trail-logs/"), Outcome.BLOCK),
        (basic("arn:aws:s3:::phi-records/"), Outcome.WARN),
        (basic("arn:aws:s3", kind="ReadOnly"), Outcome.WARN),
    ],
)
def test_a_trail_never_records_its_own_deliveries(aws, trail, value, outcome):
    found, reason = verdict(aws, "data-events-cost", trail, (SELECTORS, value))
    assert found is outcome, reason
    assert ("trail-logs" in reason) is (outcome is Outcome.BLOCK)


def wanted(aws, trail, **more):
    given = {"partition": "aws", "log_bucket": "trail-logs", **more}
    return (SELECTORS, with_object_events(setting(SELECTORS).read(aws, trail).value, given))


def test_the_estimate_names_its_basis_and_its_day(aws, trail):
    do(aws, "s3", "PutObject", Bucket="phi-records", Key="a", Body="")
    outcome, reason = verdict(aws, "data-events-cost", trail, wanted(aws, trail))
    assert outcome is Outcome.WARN
    assert "about 1 data events a month" in reason
    assert "NumberOfObjects" in reason
    assert f"{datetime.now(UTC):%Y-%m-%d}" in reason


def test_request_metrics_are_the_better_basis(aws, trail):
    """moto keeps no metrics configuration, so that one is told."""
    yesterday = (datetime.now(UTC) - timedelta(1)).isoformat()
    dimensions = [
        {"Name": "BucketName", "Value": "phi-records"},
        {"Name": "FilterId", "Value": "EntireBucket"},
    ]
    datum = {
        "MetricName": "AllRequests",
        "Dimensions": dimensions,
        "Timestamp": yesterday,
        "Value": 14_000_000.0,
    }
    do(aws, "cloudwatch", "PutMetricData", Namespace="AWS/S3", MetricData=[datum])
    have = {"MetricsConfigurationList": [{"Id": "EntireBucket"}]}
    cloud = Answers(aws, ListBucketMetricsConfigurations=have)
    outcome, reason = verdict(cloud, "data-events-cost", trail, wanted(aws, trail))
    assert outcome is Outcome.WARN
    assert "about 30,000,000 data events" in reason
    assert "30.00 USD" in reason
    assert "request metrics of 1 buckets" in reason


def test_what_is_recorded_already_costs_nothing_more(aws, trail):
    _, value = wanted(aws, trail)
    do(
        aws,
        "cloudtrail",
        "PutEventSelectors",
        TrailName="main",
        AdvancedEventSelectors=value["AdvancedEventSelectors"],
    )
    assert verdict(aws, "data-events-cost", trail, (SELECTORS, value))[0] is Outcome.PASS
    assert verdict(aws, "data-events-cost", trail)[0] is Outcome.PASS


# The key of a trail ----------------------------------------------------------------------------------


def granted(*more, **options):
    return text(ROOT, *grants(TRAIL, **options), *more)


def ask(aws, trail, named, *drafts):
    return verdict(aws, "trail-key-usable", trail, (KEY, {"KmsKeyId": named}), *drafts)


def test_a_key_that_cloudtrail_may_use_passes(aws, trail):
    outcome, reason = ask(aws, trail, key(aws, Policy=granted()))
    assert outcome is Outcome.PASS, reason


@pytest.mark.parametrize("left", ["kms:GenerateDataKey*", "kms:DescribeKey"])
def test_a_statement_that_is_missing_is_given_word_for_word(aws, trail, left):
    have = [one for one in grants(TRAIL) if one["Action"] != left]
    outcome, reason = ask(aws, trail, key(aws, Policy=text(ROOT, *have)))
    assert outcome is Outcome.BLOCK
    said = json.loads(reason[reason.index("add ") + 4 :])
    assert said in grants(TRAIL)
    assert said["Action"] == left


def test_a_grant_for_another_trail_is_none(aws, trail):
    outcome, _ = ask(aws, trail, key(aws, Policy=text(ROOT, *grants(TRAIL + "2"))))
    assert outcome is Outcome.BLOCK


def test_a_grant_in_other_words_is_one(aws, trail):
    whole = allow({"Service": "cloudtrail.amazonaws.com"}, ["kms:GenerateDataKey*", "kms:Describe*"], "*")
    context = f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"
    whole["Condition"] = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": context}}
    outcome, reason = ask(aws, trail, key(aws, Policy=text(ROOT, whole)))
    assert outcome is Outcome.PASS, reason


def test_the_policy_that_is_planned_counts(aws, trail):
    named = key(aws, Policy=text(ROOT))
    target = resource_type("AWS::KMS::Key").target(named, ACCOUNT, REGION)
    assert ask(aws, trail, named)[0] is Outcome.BLOCK
    assert ask(aws, trail, named, (POLICY, granted(), target))[0] is Outcome.PASS


def test_a_bucket_key_needs_one_statement_more(aws, trail):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    do(aws, "s3", "PutBucketEncryption", Bucket="trail-logs", ServerSideEncryptionConfiguration=rules)
    outcome, reason = ask(aws, trail, key(aws, Policy=granted()))
    assert outcome is Outcome.BLOCK
    assert "kms:Decrypt" in reason
    assert ask(aws, trail, key(aws, Policy=granted(bucket_key=True)))[0] is Outcome.PASS


def test_a_key_that_is_off_of_another_kind_or_elsewhere_is_refused(aws, trail):
    off = key(aws, Policy=granted())
    do(aws, "kms", "DisableKey", KeyId=off.rpartition("/")[2])
    assert "Disabled" in ask(aws, trail, off)[1]
    odd = key(aws, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    assert "RSA_2048" in ask(aws, trail, odd)[1]
    far = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-0000-4000-8000-000000000001"
    assert "eu-west-1" in ask(aws, trail, far)[1]
    assert {ask(aws, trail, one)[0] for one in (off, odd, far)} == {Outcome.BLOCK}


def test_readers_of_another_account_need_the_key_too(aws, trail):
    reads = allow({"AWS": f"arn:aws:iam::{PARTNER}:role/siem"}, "s3:GetObject", "arn:aws:s3:::trail-logs/*")
    do(aws, "s3", "PutBucketPolicy", Bucket="trail-logs", Policy=text(reads))
    outcome, reason = ask(aws, trail, key(aws, Policy=granted()))
    assert outcome is Outcome.WARN
    assert PARTNER in reason
    opened = allow({"AWS": f"arn:aws:iam::{PARTNER}:role/siem"}, "kms:Decrypt", "*")
    assert ask(aws, trail, key(aws, Policy=granted(opened)))[0] is Outcome.PASS


# Who rules a key -------------------------------------------------------------------------------------


def rule(aws, before, *after):
    named = key(aws, Policy=text(*before))
    target = resource_type("AWS::KMS::Key").target(named, ACCOUNT, REGION)
    return verdict(aws, "key-administrators-kept", target, (POLICY, text(*after)))


def admin(aws, **more):
    return {**allow({"AWS": aws.caller().principal}, "kms:PutKeyPolicy", "*", **more), "Sid": "Me"}


def test_one_more_statement_locks_nobody_out(aws):
    assert rule(aws, [ROOT], ROOT, *grants(TRAIL))[0] is Outcome.PASS
    assert rule(aws, [ROOT, admin(aws)], ROOT, admin(aws))[0] is Outcome.PASS
    assert rule(aws, [admin(aws)], admin(aws))[0] is Outcome.PASS


@pytest.mark.parametrize("case", ["nobody", "condition", "deny", "root goes", "other action", "not me"])
def test_a_policy_that_locks_its_administrators_out_is_refused(aws, case):
    deny = {**ROOT, "Sid": "No", "Effect": "Deny", "Action": "kms:Put*"}
    after = {
        "nobody": grants(TRAIL),
        "condition": [{**ROOT, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}],
        "deny": [ROOT, deny],
        "root goes": [admin(aws)],
        "other action": [{**ROOT, "Action": "kms:Describe*"}],
        "not me": [
            {"Sid": "x", "Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "Action": "*", "Resource": "*"},
            ROOT,
        ],
    }[case]
    outcome, reason = rule(aws, [ROOT], *after)
    assert outcome is Outcome.BLOCK
    assert "nobody but AWS" in reason


def test_a_role_is_known_by_its_session(aws):
    role = f"arn:aws:iam::{ACCOUNT}:role/team/deployer"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/me"

    class Someone(Answers):
        def caller(self):
            from hipaa_tui.providers.model import Caller

            return Caller("aws", (ACCOUNT,), session)

    only = [{**allow({"AWS": role}, "kms:*", "*"), "Sid": "Role"}]
    assert rule(Someone(aws), only, *only)[0] is Outcome.PASS
    assert rule(aws, only, *only)[0] is Outcome.BLOCK


def test_no_key_policy_no_question(aws, trail):
    assert verdict(aws, "key-administrators-kept", trail)[0] is Outcome.PASS
    assert {"key-administrators-kept", "trail-key-usable", "data-events-cost"} <= guards()[1]


# A key that was to go --------------------------------------------------------------------------------


def deletion(aws, *events):
    """moto has no LookupEvents, so its answer is told."""
    target = resource_type("AWS::KMS::Key").target(key(aws), ACCOUNT, REGION)
    found = [{"EventName": name, "Username": who, "EventTime": when} for name, who, when in events]
    return verdict(Answers(aws, LookupEvents={"Events": found}), "key-deletion-meant", target)


def test_who_scheduled_a_deletion_is_named(aws):
    outcome, reason = deletion(
        aws, ("ScheduleKeyDeletion", "jo", "2026-11-02"), ("DisableKey", "al", "2026-11-01")
    )
    assert outcome is Outcome.WARN
    assert "jo scheduled the deletion at 2026-11-02, and it had been disabled before" in reason
    assert "nothing says" in deletion(aws, ("ScheduleKeyDeletion", "jo", "2026-11-02"))[1]


def test_where_nobody_knows_any_more_that_is_said(aws):
    assert "no longer knows" in deletion(aws)[1]
    target = resource_type("AWS::KMS::Key").target(key(aws), ACCOUNT, REGION)
    outcome, reason = verdict(aws, "key-deletion-meant", target)
    assert outcome is Outcome.WARN
    assert "could not be seen" in reason
