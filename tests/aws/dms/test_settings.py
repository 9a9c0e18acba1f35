"""Replication instances of DMS: ids, and public ones, which only a person can move."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.registry import resource_type, settings
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import do
from tests.aws.runs import finds
from tests.aws.server import ACCOUNT, REGION

HERE = f"{REGION}:{ACCOUNT}"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        ("AWS::DMS::ReplicationInstance", f"arn:aws:dms:{HERE}:rep:6UTDJGBOUS3VI3SUWA66XFJCJQ", "6UTDJGBOUS3VI3SUWA66XFJCJQ"),
        ("AWS::DMS::ReplicationInstance", f"arn:aws:dms:{HERE}:task:6UTDJ", None),
    ],
)  # fmt: skip
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name


def test_what_is_not_there_is_absent(aws):
    nobody = target("AWS::DMS::ReplicationInstance", "nobody")
    ours = [one for one in settings().values() if one.resource == nobody.type]
    assert ours
    for one in ours:
        assert one.read(aws, nobody).value is ABSENT, one.id


def test_a_scan_sees_what_only_a_person_can_move(aws):
    do(
        aws,
        "dms",
        "CreateReplicationInstance",
        ReplicationInstanceIdentifier="mover",
        ReplicationInstanceClass="dms.t3.micro",
        PubliclyAccessible=True,
    )
    assert finds(aws, "aws.dms.public-access")
