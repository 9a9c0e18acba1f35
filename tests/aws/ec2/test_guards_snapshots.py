"""Guards of EBS snapshots: who may restore a snapshot that is closed, and which are public today."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.ec2.estate_public import FRIEND
from tests.aws.guards import Answers, do, verdict
from tests.aws.server import ACCOUNT, REGION

SHARING = "aws.ec2.snapshot-sharing"
BLOCK = "aws.ec2.snapshot-block-public-access"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.fixture
def snapshot(aws):
    volume = do(aws, "ec2", "CreateVolume", AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    return target("AWS::EC2::Snapshot", do(aws, "ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"])


@pytest.mark.parametrize(("users", "outcome"), [([FRIEND], Outcome.PASS), ([], Outcome.WARN)])
def test_it_is_said_who_may_use_a_snapshot_that_is_closed(aws, snapshot, users, outcome):
    after = {"Groups": [], "Users": users}
    found, reason = verdict(aws, "ebs-snapshot-users", snapshot, (SHARING, after))
    assert found is outcome
    assert all(user in reason for user in users)


def publicity(aws):
    switch = target("AWS::EC2::SnapshotBlockPublicAccess", ACCOUNT)
    return verdict(aws, "snapshots-public-today", switch, (BLOCK, {"State": "block-all-sharing"}))


def test_public_snapshots_are_named_before_nobody_reaches_them(aws, snapshot):
    assert publicity(aws)[0] is Outcome.PASS
    add = {"SnapshotId": snapshot.name, "Attribute": "createVolumePermission", "OperationType": "add"}
    do(aws, "ec2", "ModifySnapshotAttribute", **add, GroupNames=["all"])
    outcome, reason = publicity(aws)
    assert outcome is Outcome.WARN
    assert snapshot.name in reason


def test_what_the_organization_decides_is_not_changed_here(aws):
    said = {"State": "unblocked", "ManagedBy": "declarative-policy"}
    outcome, reason = publicity(Answers(aws, GetSnapshotBlockPublicAccessState=said))
    assert outcome is Outcome.BLOCK
    assert "management account" in reason
