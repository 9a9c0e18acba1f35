"""Checks a reserved concurrency limit against the function's peak and the account's unreserved concurrency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT

_SETTING: Final = "aws.lambda.reserved-concurrency"
_FIELD: Final = "ReservedConcurrentExecutions"
_MIN_UNRESERVED: Final = 100
"""Unreserved concurrency that Lambda keeps for all other functions of the account (Lambda Developer Guide,
"Configuring reserved concurrency for a function")."""
_DAYS: Final = 14


def lambda_concurrency_room(context: GuardContext) -> Verdict:
    """Blocks a limit that Lambda would reject or that the function's peak exceeds; warns of one close to the peak."""
    draft = next((change for change in context.changes if change.setting == _SETTING), None)
    if draft is None or draft.after is ABSENT:
        return Outcome.PASS, "no reserved concurrency is set"
    limit = int(draft.after[_FIELD])
    peak = _peak(context)
    if peak is not None and peak > limit:
        return (
            Outcome.BLOCK,
            f"the function reached {peak:,.0f} concurrent executions within {_DAYS} days, and calls above {limit} "
            "would be throttled: set a higher limit",
        )
    account = context.cloud.call(Call("aws", "lambda", "GetAccountSettings", {}, context.target.region))
    free = int(account["AccountLimit"]["UnreservedConcurrentExecutions"])
    reserved = 0 if draft.before is ABSENT else int(draft.before[_FIELD])
    left = free + reserved - limit
    if left < _MIN_UNRESERVED:
        return (
            Outcome.BLOCK,
            f"{left} concurrent executions would be left for all other functions, and Lambda requires {_MIN_UNRESERVED}: set "
            "a lower limit, or request a higher quota from AWS",
        )
    if peak is not None and 2 * peak > limit:
        return (
            Outcome.WARN,
            f"the function reached {peak:,.0f} concurrent executions within {_DAYS} days, more than half of {limit}",
        )
    usage = "no invocation was seen" if peak is None else f"the peak was {peak:,.0f} concurrent executions"
    return Outcome.PASS, f"{usage} within {_DAYS} days, and {left} are left for other functions"


def _peak(context: GuardContext) -> float | None:
    now = datetime.now(UTC)
    query = {
        "Namespace": "AWS/Lambda",
        "MetricName": "ConcurrentExecutions",
        "Dimensions": [{"Name": "FunctionName", "Value": context.target.name}],
        "StartTime": (now - timedelta(days=_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 3600,
        "Statistics": ["Maximum"],
    }
    response = context.cloud.call(
        Call("aws", "cloudwatch", "GetMetricStatistics", query, context.target.region)
    )
    return max((float(point["Maximum"]) for point in response.get("Datapoints") or []), default=None)


GUARDS = {"lambda-concurrency-room": lambda_concurrency_room}
