"""What only a person can change of a bucket is found."""

from __future__ import annotations

import pytest

from tests.aws.guards import do
from tests.aws.runs import CATALOGUE, finds


@pytest.mark.parametrize(
    "id",
    [
        "aws.s3.reencrypt-objects",
    ],
)
def test_a_move_has_a_way_back_and_proof_of_each_step(id):
    playbook = CATALOGUE.get(id)
    assert playbook.guided
    assert any("roll back" in step.do.lower() for step in playbook.steps)
    assert all(step.evidence for step in playbook.steps)


def test_what_a_person_has_to_move_is_found(aws):
    do(aws, "s3", "CreateBucket", Bucket="phi-records")
    assert finds(aws, "aws.s3.mfa-delete")
    assert finds(aws, "aws.s3.replication")
