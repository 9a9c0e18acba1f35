"""The guards of a function's policy and of its URL: who calls it from outside."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_types
from tests.aws.awslambda.estate import build, function, role
from tests.aws.guards import Answers, do, verdict
from tests.aws.runs import CATALOGUE
from tests.aws.server import ACCOUNT, REGION


def target(name="etl", type="AWS::Lambda::Function"):
    return resource_types()[type].target(name, ACCOUNT, REGION)


def sum_of(number):
    return {"Datapoints": [{"Sum": number}]} if number is not None else {"Datapoints": []}


@pytest.mark.parametrize(
    ("calls", "outcome"), [(None, Outcome.PASS), (0.0, Outcome.PASS), (1200.0, Outcome.WARN)]
)
def test_calls_of_the_last_weeks_are_told(aws, calls, outcome):
    build(aws)
    cloud = Answers(aws, GetMetricStatistics=sum_of(calls))
    assert verdict(cloud, "lambda-public-callers", target())[0] is outcome
    assert verdict(cloud, "lambda-url-callers", target())[0] is outcome


def test_an_open_url_is_closed_before_the_statement_that_opens_it_goes(aws):
    role(aws)
    function(aws, "web")
    do(aws, "lambda", "CreateFunctionUrlConfig", FunctionName="web", AuthType="NONE")
    do(
        aws, "lambda", "AddPermission", FunctionName="web", StatementId="url", Principal="*",
        Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE",
    )  # fmt: skip
    outcome, reason = verdict(aws, "lambda-public-callers", target("web"))
    assert outcome is Outcome.BLOCK
    assert "require IAM for the URL first" in reason
    fix_requests = [
        FixRequest(CATALOGUE.get(id), target("web"), ())
        for id in ("aws.lambda.not-public", "aws.lambda.url-auth")
    ]
    plan = make_plan(fix_requests, {"aws": aws}, {})
    assert not plan.blocked, "in one plan the URL is closed first"
    assert [change.setting for change in plan.changes] == ["aws.lambda.url-auth", "aws.lambda.policy"]


def test_browsers_that_use_the_url_are_not_shut_out(aws):
    role(aws)
    function(aws, "web")
    do(
        aws,
        "lambda",
        "CreateFunctionUrlConfig",
        FunctionName="web",
        AuthType="NONE",
        Cors={"AllowOrigins": ["*"]},
    )
    assert verdict(aws, "lambda-url-callers", target("web"))[0] is Outcome.BLOCK
