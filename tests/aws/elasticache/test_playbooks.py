"""Replication groups that are not encrypted are found."""

from __future__ import annotations

from tests.aws.elasticache.estate import build
from tests.aws.runs import names_found


def test_what_a_person_has_to_move_is_found(aws):
    build(aws)
    assert names_found("aws.elasticache.encryption", aws) == {"kept", "sessions"}
