"""Task definitions of ECS that only a person can put right."""

from __future__ import annotations

import pytest

from tests.aws.guards import do
from tests.aws.runs import names_found


@pytest.fixture
def estate(aws):
    """Of the family "web" the second revision counts; "kept" is as it should be."""
    container = {"name": "web", "image": "i", "memory": 64}
    do(
        aws,
        "ecs",
        "RegisterTaskDefinition",
        family="web",
        networkMode="host",
        containerDefinitions=[container],
    )
    do(
        aws,
        "ecs",
        "RegisterTaskDefinition",
        family="web",
        networkMode="host",
        containerDefinitions=[container],
    )
    safe = {**container, "readonlyRootFilesystem": True, "user": "app"}
    do(aws, "ecs", "RegisterTaskDefinition", family="kept", networkMode="host", containerDefinitions=[safe])
    return aws


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("aws.ecs.readonly-root", {"web:2"}),
        ("aws.ecs.host-network", {"web:2"}),
    ],
)
def test_what_only_a_person_can_put_right_is_found_where_it_is_wrong(estate, id, expected):
    assert names_found(id, estate) == expected
