"""The ids by which scanners report environments."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.registry import resource_types
from tests.aws.server import ACCOUNT, REGION


@pytest.mark.parametrize(
    ("type", "id", "name"),
    [
        (
            "AWS::ElasticBeanstalk::Environment",
            "arn:aws:elasticbeanstalk:eu-west-1:1:environment/app/prod",
            "app/prod",
        ),
    ],
)
def test_scanners_names_are_understood_and_others_refused(type, id, name):
    found = resource_types()[type].target(id, ACCOUNT, REGION)
    assert (found.name if found else None) == name
    if found and id.startswith("arn:"):
        assert found.id == id
