"""A file system that is not encrypted is found, and a person moves it."""

from __future__ import annotations

import pytest

from tests.aws.backup.estate import build
from tests.aws.runs import CATALOGUE, names_found


@pytest.mark.parametrize(
    "id",
    [
        "aws.efs.encryption",
    ],
)
def test_a_move_has_a_way_back_and_proof_of_each_step(id):
    playbook = CATALOGUE.get(id)
    assert playbook.guided
    assert any("roll back" in step.do.lower() for step in playbook.steps)
    assert all(step.evidence for step in playbook.steps)


def test_what_a_person_has_to_move_is_found(aws):
    build(aws)
    (files,) = names_found("aws.efs.encryption", aws)
    assert files.startswith("fs-")
