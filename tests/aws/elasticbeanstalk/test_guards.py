"""The guard that waits for an environment that is being updated."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_types
from tests.aws.guards import Answers, verdict
from tests.aws.server import ACCOUNT, REGION


@pytest.mark.parametrize(
    ("about", "outcome"),
    [
        ({"Status": "Ready", "Health": "Green"}, Outcome.PASS),
        ({"Status": "Ready", "Health": "Red"}, Outcome.WARN),
        ({"Status": "Updating", "Health": "Grey"}, Outcome.BLOCK),
        (None, Outcome.BLOCK),
    ],
)
def test_an_environment_that_is_busy_is_left_alone(aws, about, outcome):
    target = resource_types()["AWS::ElasticBeanstalk::Environment"].target("app/portal", ACCOUNT, REGION)
    cloud = Answers(aws, DescribeEnvironments={"Environments": [about] if about else []})
    assert verdict(cloud, "beanstalk-settled", target)[0] is outcome
