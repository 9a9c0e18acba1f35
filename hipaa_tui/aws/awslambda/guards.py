"""Looks at who calls a Lambda function before somebody is shut out of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hipaa_tui.aws.awslambda.settings import lets_everybody
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call

_DAYS: Final = 14
_POLICY: Final = "aws.lambda.policy"
_URL: Final = "aws.lambda.url-auth"


def lambda_public_callers(look: Look) -> Verdict:
    """Blocks where the statement that goes is what lets visitors of the function's open URL in; warns of calls.

    CloudWatch does not say who called, so that calls are told, and not whose they are.
    """
    going = [
        one for one in documents.statements(look.read(_POLICY, look.target).value) if lets_everybody(one)
    ]
    url = look.read(_URL, look.target).value
    opened = any("InvokeFunctionUrl" in str(one.get("Action")) for one in going)
    planned = next((one.after for one in look.changes if one.setting == _URL), None)
    if opened and (url or {}).get("AuthType") == "NONE" and planned is None:
        return (
            Outcome.BLOCK,
            "its URL is open to everybody by that statement: close the URL first (aws.lambda.url-auth)",
        )
    return _by_calls(_sum(look, "Invocations"), "was called")


def lambda_url_callers(look: Look) -> Verdict:
    """Blocks where browsers use the URL (it answers other origins), warns where anybody called it lately."""
    if look.read(_URL, look.target).identity.get("Cors"):
        return (
            Outcome.BLOCK,
            "the URL answers web pages of other origins, and a browser cannot sign requests for IAM",
        )
    return _by_calls(_sum(look, "UrlRequestCount"), "was called by its URL")


def _by_calls(calls: float | None, what: str) -> Verdict:
    if calls is None:
        return Outcome.PASS, f"CloudWatch has no call of the last {_DAYS} days"
    if calls:
        return (
            Outcome.WARN,
            f"it {what} {calls:,.0f} times in {_DAYS} days: whoever has no right of its own gets 403",
        )
    return Outcome.PASS, f"nobody called it in {_DAYS} days"


def _sum(look: Look, metric: str) -> float | None:
    now = datetime.now(UTC)
    asked = {
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{"Name": "FunctionName", "Value": look.target.name}],
        "StartTime": (now - timedelta(days=_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": ["Sum"],
    }
    found = look.cloud.call(Call("aws", "cloudwatch", "GetMetricStatistics", asked, look.target.region))
    points = found.get("Datapoints") or []
    return sum(float(one["Sum"]) for one in points) if points else None


GUARDS: Final = {"lambda-public-callers": lambda_public_callers, "lambda-url-callers": lambda_url_callers}
CAUTIOUS: Final = ()
