"""Restores that nobody tests are found, and recovery points that are as they should be are not."""

from __future__ import annotations

from tests.aws.backup.estate import build
from tests.aws.runs import finds


def test_what_a_person_has_to_move_is_found(aws):
    build(aws)
    assert finds(aws, "aws.backup.restore-test")
    # moto keeps no recovery points.
    assert not finds(aws, "aws.backup.recovery-points")
