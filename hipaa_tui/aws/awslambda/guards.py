"""Checks who calls a public Lambda function before its public access is removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hipaa_tui.aws.awslambda.settings import lets_everybody
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call

_DAYS: Final = 14
_POLICY: Final = "aws.lambda.policy"
_URL: Final = "aws.lambda.url-auth"


def lambda_public_callers(context: GuardContext) -> Verdict:
    """Blocks where the statement to be removed is what admits callers of the function's open URL.

    Warns of recent invocations. CloudWatch does not record who called, so the reason gives only their number.
    """
    removed = [
        statement
        for statement in documents.statements(context.read(_POLICY, context.target).value)
        if lets_everybody(statement)
    ]
    url = context.read(_URL, context.target).value
    opened = any("InvokeFunctionUrl" in str(statement.get("Action")) for statement in removed)
    planned = next((change.after for change in context.changes if change.setting == _URL), None)
    if opened and (url or {}).get("AuthType") == "NONE" and planned is None:
        return (
            Outcome.BLOCK,
            "the statement to be removed lets anyone call the function's URL (AuthType NONE): require IAM for the "
            "URL first (aws.lambda.url-auth)",
        )
    return _by_calls(_sum(context, "Invocations"), "was invoked")


def lambda_url_callers(context: GuardContext) -> Verdict:
    """Blocks where browsers use the URL (CORS is configured); warns where anyone called it recently."""
    if context.read(_URL, context.target).identity.get("Cors"):
        return (
            Outcome.BLOCK,
            "the URL answers web pages of other origins (CORS), and a browser cannot sign requests for IAM",
        )
    return _by_calls(_sum(context, "UrlRequestCount"), "was called through its URL")


def _by_calls(calls: float | None, verb: str) -> Verdict:
    if calls is None:
        return Outcome.PASS, f"CloudWatch shows no calls in the last {_DAYS} days"
    if calls:
        return (
            Outcome.WARN,
            f"it {verb} {calls:,.0f} times in {_DAYS} days: callers without an IAM permission of their own will "
            "get 403",
        )
    return Outcome.PASS, f"no calls in the last {_DAYS} days"


def _sum(context: GuardContext, metric: str) -> float | None:
    now = datetime.now(UTC)
    query = {
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{"Name": "FunctionName", "Value": context.target.name}],
        "StartTime": (now - timedelta(days=_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": ["Sum"],
    }
    response = context.cloud.call(
        Call("aws", "cloudwatch", "GetMetricStatistics", query, context.target.region)
    )
    points = response.get("Datapoints") or []
    return sum(float(point["Sum"]) for point in points) if points else None


GUARDS: Final = {"lambda-public-callers": lambda_public_callers, "lambda-url-callers": lambda_url_callers}
BLOCK_ON_ERROR: Final = ()
