"""Lifecycle rules and Object Lock of a bucket: read, written, taken back, and what is final says so."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.s3.retention import default_retention, with_lifecycle
from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import bucket, make_bucket
from tests.aws.settings import bring

ABORT = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}


def rule(id="r", prefix="", status="Enabled", **actions):
    return {"ID": id, "Status": status, "Filter": {"Prefix": prefix}, **actions}


def expires(days, **more):
    return rule(**more, Expiration={"Days": days})


# Lifecycle -------------------------------------------------------------------------------------------


def test_lifecycle_rules_come_change_and_go(aws):
    target = make_bucket(aws, "phi-records")
    one = setting("aws.s3.lifecycle")
    assert one.read(aws, target).absent
    both = {"And": {"Prefix": "x", "Tags": [{"Key": "k", "Value": "v"}]}}
    value = {"Rules": [rule("a", **ABORT), {**expires(2500, id="b"), "Filter": both}]}
    bring(aws, one.id, target, value)
    assert one.same(one.read(aws, target).value, value)
    bring(aws, one.id, target, {"Rules": [rule("a", **ABORT)]})
    assert len(one.read(aws, target).value["Rules"]) == 1
    bring(aws, one.id, target, ABSENT)
    assert one.read(aws, target).absent


def test_the_smallest_size_of_transitions_is_written_back(aws):
    one, target = setting("aws.s3.lifecycle"), bucket("phi-records")
    value = {"Rules": [rule(**ABORT)], "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
    (call,) = one.write(target, Reading(ABSENT), value)
    assert call.arguments["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    assert not one.same(value, {"Rules": value["Rules"]})


def test_one_filter_has_many_forms():
    one = setting("aws.s3.lifecycle")
    bare = {"ID": "r", "Status": "Enabled", **ABORT}
    forms = [{**bare, "Filter": {"Prefix": ""}}, {**bare, "Filter": {}}, {**bare, "Prefix": ""}, bare]
    assert all(one.same({"Rules": [forms[0]]}, {"Rules": [form]}) for form in forms)
    assert not one.same({"Rules": [forms[0]]}, {"Rules": [{**bare, "Prefix": "a"}]})


@pytest.mark.parametrize(
    ("before", "after", "final"),
    [
        (ABSENT, [rule(**ABORT)], False),
        (ABSENT, [expires(2500)], True),
        (ABSENT, [expires(2500, status="Disabled")], False),
        (ABSENT, [rule(NoncurrentVersionExpiration={"NoncurrentDays": 30})], True),
        (ABSENT, [rule(Expiration={"ExpiredObjectDeleteMarker": True})], False),
        (ABSENT, [rule(Transitions=[{"Days": 30, "StorageClass": "GLACIER"}])], False),
        ([expires(400)], [expires(400)], False),
        ([expires(400)], [expires(500)], False),
        ([expires(400)], [expires(300)], True),
        ([expires(400)], [expires(400, prefix="a/")], False),
        ([expires(400, prefix="a/")], [expires(400)], True),
        ([expires(400)], ABSENT, False),
    ],
)
def test_only_what_deletes_more_than_today_is_final(before, after, final):
    held, wanted = ({"Rules": one} if one is not ABSENT else ABSENT for one in (before, after))
    assert bool(setting("aws.s3.lifecycle").cannot_be_undone(held, wanted)) is final


def test_our_rules_are_added_once_and_current_objects_are_never_deleted():
    asked = {"abort_days": 7, "noncurrent_days": 2500}
    value = with_lifecycle({"Rules": [rule("hipaa-tui-unfinished-uploads", "tmp/", **ABORT)]}, asked)
    assert [one["ID"] for one in value["Rules"]][1:] == [
        "hipaa-tui-unfinished-uploads-2",
        "hipaa-tui-earlier-versions",
    ]
    assert with_lifecycle(value, asked) == value
    assert not any("Expiration" in one for one in value["Rules"])
    assert len(with_lifecycle(ABSENT, {"abort_days": 7, "noncurrent_days": 0})["Rules"]) == 1


# Object Lock -----------------------------------------------------------------------------------------


def test_a_lock_comes_for_good_and_its_default_comes_and_goes(aws):
    target = make_bucket(aws, "phi-records")
    lock, default = setting("aws.s3.object-lock"), setting("aws.s3.object-lock-retention")
    bring(aws, "aws.s3.bucket-versioning", target, {"Status": "Enabled"})
    assert lock.read(aws, target).absent
    assert default.read(aws, target).absent
    bring(aws, lock.id, target, {"ObjectLockEnabled": "Enabled"})
    assert default.read(aws, target).absent
    bring(aws, default.id, target, {"Mode": "GOVERNANCE", "Days": 30})
    assert default.read(aws, target).value == {"Mode": "GOVERNANCE", "Days": 30}
    bring(aws, default.id, target, ABSENT)
    assert default.read(aws, target).absent
    assert not lock.read(aws, target).absent
    with pytest.raises(ValueError, match="cannot be removed"):
        lock.calls(target, lock.read(aws, target), ABSENT)


def test_what_is_locked_for_good_is_marked():
    default, lock = setting("aws.s3.object-lock-retention"), setting("aws.s3.object-lock")
    assert "never turned off" in lock.cannot_be_undone(ABSENT, {"ObjectLockEnabled": "Enabled"})
    assert "730 days" in default.cannot_be_undone(ABSENT, {"Mode": "COMPLIANCE", "Years": 2})
    assert default.cannot_be_undone(ABSENT, {"Mode": "GOVERNANCE", "Days": 9}) == ""
    assert default.cannot_be_undone({"Mode": "COMPLIANCE", "Years": 2}, ABSENT) == ""
    assert default.same({"Mode": "GOVERNANCE", "Years": 1}, {"Mode": "GOVERNANCE", "Days": 365})


def test_a_retention_is_never_guessed_loosened_or_shortened():
    with pytest.raises(ValueError, match="say by which mode"):
        default_retention(ABSENT, {"mode": "", "days": 1})
    with pytest.raises(ValueError, match="loosen"):
        default_retention({"Mode": "COMPLIANCE", "Days": 9}, {"mode": "GOVERNANCE", "days": 30})
    assert default_retention({"Mode": "GOVERNANCE", "Years": 1}, {"mode": "GOVERNANCE", "days": 30}) == {
        "Mode": "GOVERNANCE",
        "Days": 365,
    }
