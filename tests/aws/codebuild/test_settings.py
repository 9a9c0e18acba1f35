"""The ids by which scanners report projects."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.registry import resource_types
from tests.aws.server import ACCOUNT, REGION


@pytest.mark.parametrize(
    ("type", "id", "name"),
    [
        ("AWS::CodeBuild::Project", "arn:aws-us-gov:codebuild:us-gov-west-1:1:project/p1", "p1"),
        ("AWS::CodeBuild::Project", "arn:aws:codebuild:eu-west-1:1:report-group/p", None),
    ],
)
def test_scanners_names_are_understood_and_others_refused(type, id, name):
    found = resource_types()[type].target(id, ACCOUNT, REGION)
    assert (found.name if found else None) == name
    if found and id.startswith("arn:"):
        assert found.id == id
