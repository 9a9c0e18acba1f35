"""Credentials in projects of CodeBuild: found, and never read."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.plans.scan import Place, scan
from tests.aws.codebuild.estate import build
from tests.aws.runs import CATALOGUE, names_found
from tests.aws.server import ACCOUNT, REGION

PLACES = [Place("aws", ACCOUNT, REGION)]


@pytest.fixture
def estate(aws):
    return build(aws)


def test_no_secret_of_a_build_is_ever_read(estate):
    seen = scan(
        [one for one in CATALOGUE.playbooks.values() if one.id.startswith("aws.codebuild.")],
        PLACES,
        {"aws": estate},
    )
    told = json.dumps([[one.title, one.detail] for one in seen.findings])
    assert "hunter2" not in told
    assert "AKIAIOSFODNN7EXAMPLE" not in told
    assert "AWS_ACCESS_KEY_ID" in told


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("aws.codebuild.plaintext-credentials", {"portal"}),
        ("aws.codebuild.source-credentials", {"portal"}),
    ],
)
def test_what_only_a_person_can_put_right_is_found_where_it_is_wrong(estate, id, expected):
    assert names_found(id, estate) == expected
