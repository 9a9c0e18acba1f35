"""The guard of a function's reserved concurrency: what it leaves to the function and to all others."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, verdict
from tests.aws.server import ACCOUNT, REGION

BLOCK, PASS, WARN = Outcome.BLOCK, Outcome.PASS, Outcome.WARN


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


@pytest.mark.parametrize(
    ("limit", "most", "outcome"),
    [(100, None, PASS), (100, 20.0, PASS), (100, 60.0, WARN), (100, 120.0, BLOCK), (901, None, BLOCK)],
)
def test_a_limit_leaves_room_for_the_function_and_for_all_others(aws, limit, most, outcome):
    """moto has no GetAccountSettings, and no metrics of functions: both are answered here."""
    target = found("AWS::Lambda::Function", "etl")
    points = [] if most is None else [{"Maximum": 1.0}, {"Maximum": most}]
    cloud = Answers(
        aws,
        GetAccountSettings={"AccountLimit": {"UnreservedConcurrentExecutions": 1000}},
        GetMetricStatistics={"Datapoints": points},
        GetFunctionConcurrency={},
    )
    change = ("aws.lambda.reserved-concurrency", {"ReservedConcurrentExecutions": limit})
    assert verdict(cloud, "lambda-concurrency-room", target, change)[0] is outcome
