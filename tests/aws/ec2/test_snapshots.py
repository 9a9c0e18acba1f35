"""Snapshots that are shared, and the region's block of public sharing."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import builders, resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import Answers
from tests.aws.server import ACCOUNT, REGION

SNAPSHOT = "AWS::EC2::Snapshot"
SWITCH = "AWS::EC2::SnapshotBlockPublicAccess"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


def test_everybody_and_accounts_are_given_and_taken_in_calls_of_their_own():
    one, where = setting("aws.ec2.snapshot-sharing"), target(SNAPSHOT, "snap-0a1b")
    before = {"Groups": ["all"], "Users": ["1", "2"]}
    after = {"Groups": [], "Users": ["2", "3"]}
    calls = one.calls(where, Reading(before), after)
    given = [(call.arguments["OperationType"], call.arguments.get("GroupNames") or call.arguments["UserIds"]) for call in calls]  # fmt: skip
    assert given == [("remove", ["all"]), ("remove", ["1"]), ("add", ["3"])]
    assert one.between(where, before, after) == [
        {"Groups": [], "Users": ["1", "2"]},
        {"Groups": [], "Users": ["1", "2"]},
        {"Groups": [], "Users": ["2"]},
    ]
    assert "keeps the copy" in one.cannot_be_undone(after, before)
    assert one.cannot_be_undone(before, after) == ""
    assert builders()["without_public_group"](before, {}) == {"Groups": [], "Users": ["1", "2"]}
    with pytest.raises(ValueError, match="no such snapshot"):
        builders()["without_public_group"](ABSENT, {})


def test_lifting_the_block_is_said_to_open_what_was_public():
    one = setting("aws.ec2.snapshot-block-public-access")
    where, open_, new, closed = (
        target(SWITCH, ACCOUNT),
        *({"State": state} for state in ("unblocked", "block-new-sharing", "block-all-sharing")),
    )
    assert "public again" in one.cannot_be_undone(closed, open_)
    assert "public again" in one.cannot_be_undone(closed, new)
    assert one.cannot_be_undone(open_, closed) == ""
    (call,) = one.calls(where, Reading(closed), new)
    assert (call.operation, call.arguments) == ("EnableSnapshotBlockPublicAccess", new)
    (call,) = one.calls(where, Reading(closed), open_)
    assert call.operation == "DisableSnapshotBlockPublicAccess"


def test_snapshots_of_others_are_not_listed(aws):
    listed = [{"SnapshotId": "snap-0a", "OwnerId": ACCOUNT}, {"SnapshotId": "snap-0b", "OwnerId": "2"}]
    cloud = Answers(aws, DescribeSnapshots={"Snapshots": listed})
    assert [one.name for one in resource_type(SNAPSHOT).list(cloud, ACCOUNT, REGION, "aws")] == ["snap-0a"]
