"""Guards of lifecycle rules, Object Lock and versioning: what would be deleted too soon, locked or kept for ever."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from tests.aws.guards import allow, bucket, do, make_bucket, verdict

LIFECYCLE = "aws.s3.lifecycle"
LOGGER = {"Service": "logging.s3.amazonaws.com"}
GOVERNANCE = {"Mode": "GOVERNANCE", "Days": 30}


def rule(id="theirs", prefix="", status="Enabled", **actions):
    return {"ID": id, "Status": status, "Filter": {"Prefix": prefix}, **actions}


def rules(*given):
    return {"Rules": list(given)}


def expires(days, **more):
    return rule(**more, Expiration={"Days": days})


def earlier(days, **more):
    return rule(**more, NoncurrentVersionExpiration={"NoncurrentDays": days})


def with_rules(aws, name, *given):
    target = make_bucket(aws, name)
    if given:
        do(aws, "s3", "PutBucketLifecycleConfiguration", Bucket=name, LifecycleConfiguration=rules(*given))
    return target


# Lifecycle rules -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "outcome", "words"),
    [
        ([], [rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7})], Outcome.PASS, "kept today"),
        ([], [expires(2190)], Outcome.WARN, "2190 days"),
        ([], [expires(30)], Outcome.WARN, "30 days"),
        ([], [expires(30, status="Disabled")], Outcome.PASS, "kept today"),
        ([expires(400)], [expires(400)], Outcome.PASS, "kept today"),
        ([expires(400)], [expires(500)], Outcome.PASS, "kept today"),
        ([expires(400)], [expires(399)], Outcome.BLOCK, "sooner"),
        ([expires(400, prefix="a/")], [expires(300)], Outcome.BLOCK, "sooner"),
        ([earlier(400)], [earlier(30)], Outcome.BLOCK, "sooner"),
        ([expires(400)], [expires(400), expires(500, id="b", prefix="a/")], Outcome.PASS, "kept today"),
    ],
)
def test_what_is_kept_today_is_not_deleted_sooner(aws, before, after, outcome, words):
    target = with_rules(aws, "phi-records", *before)
    found, reason = verdict(aws, "s3-retention-kept", target, (LIFECYCLE, rules(*after)))
    assert found is outcome
    assert words in reason


@pytest.mark.parametrize(
    ("name", "after", "outcome"),
    [
        ("our-audit-files", [expires(2189)], Outcome.BLOCK),
        ("our-audit-files", [earlier(365)], Outcome.BLOCK),
        ("our-audit-files", [rule(Expiration={"Date": "2030-01-01T00:00:00+00:00"})], Outcome.BLOCK),
        ("our-audit-files", [expires(2190)], Outcome.WARN),
    ],
)
def test_documentation_is_kept_for_six_years(aws, name, after, outcome):
    found, reason = verdict(aws, "s3-retention-kept", with_rules(aws, name), (LIFECYCLE, rules(*after)))
    assert found is outcome
    assert ("164.316(b)(2)(i)" in reason) is (outcome is Outcome.BLOCK)


def test_a_bucket_that_a_service_delivers_to_holds_logs(aws):
    trails = allow({"Service": "cloudtrail.amazonaws.com"}, "s3:PutObject", "arn:aws:s3:::files/*")
    target = make_bucket(aws, "files", trails)
    outcome, reason = verdict(aws, "s3-retention-kept", target, (LIFECYCLE, rules(expires(90))))
    assert outcome is Outcome.BLOCK
    assert "cloudtrail.amazonaws.com delivers" in reason


def test_a_tag_can_say_that_a_bucket_holds_documentation(aws):
    target = make_bucket(aws, "files")
    tags = {"TagSet": [{"Key": "purpose", "Value": "Compliance evidence"}]}
    do(aws, "s3", "PutBucketTagging", Bucket="files", Tagging=tags)
    assert verdict(aws, "s3-retention-kept", target, (LIFECYCLE, rules(expires(90))))[0] is Outcome.BLOCK


def test_a_rule_that_deletes_too_soon_already_is_named(aws):
    target = with_rules(aws, "our-audit-files", expires(90))
    after = rules(expires(90), rule("ours", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7}))
    outcome, reason = verdict(aws, "s3-retention-kept", target, (LIFECYCLE, after))
    assert outcome is Outcome.WARN
    assert "90 days already" in reason


# Object Lock -----------------------------------------------------------------------------------------

LOCK = ("aws.s3.object-lock", {"ObjectLockEnabled": "Enabled"})


VERSIONS = ("aws.s3.bucket-versioning", {"Status": "Enabled"})


def retention(**value):
    return ("aws.s3.object-lock-retention", value)


def test_governance_is_allowed_and_never_called_harmless(aws):
    target = make_bucket(aws, "phi-records")
    outcome, reason = verdict(aws, "object-lock-mode", target, VERSIONS, LOCK, retention(**GOVERNANCE))
    assert outcome is Outcome.WARN
    assert "cannot be turned off" in reason
    assert "s3:BypassGovernanceRetention" in reason
    assert verdict(aws, "object-lock-mode", target, VERSIONS)[0] is Outcome.PASS


def test_compliance_is_refused(aws):
    target = make_bucket(aws, "phi-records")
    locked = retention(Mode="COMPLIANCE", Years=1)
    outcome, reason = verdict(aws, "object-lock-mode", target, VERSIONS, LOCK, locked)
    assert outcome is Outcome.BLOCK
    assert "365 days" in reason


def test_a_lock_needs_versions(aws):
    target = make_bucket(aws, "phi-records")
    assert verdict(aws, "object-lock-mode", target, LOCK)[0] is Outcome.BLOCK
    do(aws, "s3", "PutBucketVersioning", Bucket="phi-records", VersioningConfiguration={"Status": "Enabled"})
    assert verdict(aws, "object-lock-mode", target, LOCK)[0] is Outcome.WARN


def test_logs_are_not_delivered_to_a_bucket_that_locks(aws):
    target = make_bucket(aws, "logs-here", allow(LOGGER, "s3:PutObject", "arn:aws:s3:::logs-here/*"))
    make_bucket(aws, "phi-records")
    where = {"LoggingEnabled": {"TargetBucket": "logs-here", "TargetPrefix": ""}}
    do(aws, "s3", "PutBucketLogging", Bucket="phi-records", BucketLoggingStatus=where)
    outcome, reason = verdict(aws, "object-lock-mode", target, VERSIONS, LOCK, retention(**GOVERNANCE))
    assert outcome is Outcome.BLOCK
    assert "phi-records" in reason


def test_a_lock_is_never_made_shorter(aws):
    do(aws, "s3", "CreateBucket", Bucket="phi-records", ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": GOVERNANCE}}
    do(aws, "s3", "PutObjectLockConfiguration", Bucket="phi-records", ObjectLockConfiguration=lock)
    target = with_rules_of(aws, "phi-records", expires(10))
    shorter = retention(Mode="GOVERNANCE", Days=29)
    assert verdict(aws, "object-lock-mode", target, shorter)[0] is Outcome.BLOCK
    outcome, reason = verdict(aws, "object-lock-mode", target, retention(Mode="GOVERNANCE", Years=1))
    assert outcome is Outcome.WARN
    assert "once the lock has expired" in reason


def with_rules_of(aws, name, *given):
    do(aws, "s3", "PutBucketLifecycleConfiguration", Bucket=name, LifecycleConfiguration=rules(*given))
    return bucket(name)


# Versions --------------------------------------------------------------------------------------------


def test_versions_that_nothing_ends_cost_more_every_day(aws):
    target = with_rules(aws, "phi-records", expires(365))
    outcome, reason = verdict(aws, "versioning-cost", target, VERSIONS)
    assert outcome is Outcome.WARN
    assert "but not removed" in reason
    assert "stay as noncurrent versions" in reason


def test_versions_that_a_rule_ends_are_only_one_way(aws):
    target = with_rules(aws, "phi-records", earlier(2200))
    outcome, reason = verdict(aws, "versioning-cost", target, VERSIONS)
    assert outcome is Outcome.WARN
    assert "2200 days" in reason
    for status in ("Enabled", "Suspended"):
        do(aws, "s3", "PutBucketVersioning", Bucket="phi-records", VersioningConfiguration={"Status": status})
    assert verdict(aws, "versioning-cost", target, VERSIONS)[0] is Outcome.PASS
    assert verdict(aws, "versioning-cost", target)[0] is Outcome.PASS


def test_where_nobody_can_look_nothing_is_deleted_and_nothing_locked():
    assert {"s3-retention-kept", "object-lock-mode"} <= guards()[1]
