"""Looks at how busy a Lambda function and its account are before calls at once are limited: what is above is turned away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT

_SETTING: Final = "aws.lambda.reserved-concurrency"
_FIELD: Final = "ReservedConcurrentExecutions"
_LEFT: Final = 100
"""Calls at once that an account has to leave to all other functions (Lambda Developer Guide, "Configuring reserved
concurrency for a function")."""
_DAYS: Final = 14


def lambda_concurrency_room(look: Look) -> Verdict:
    """Blocks what Lambda would refuse, and what the function's own calls have been above; warns of what comes near."""
    draft = next((one for one in look.changes if one.setting == _SETTING), None)
    if draft is None or draft.after is ABSENT:
        return Outcome.PASS, "no limit is set"
    limit = int(draft.after[_FIELD])
    most = _most(look)
    if most is not None and most > limit:
        return (
            Outcome.BLOCK,
            f"{most:,.0f} calls ran at once within {_DAYS} days, and above {limit} they would be turned away: "
            "name a higher limit",
        )
    account = look.cloud.call(Call("aws", "lambda", "GetAccountSettings", {}, look.target.region))
    free = int(account["AccountLimit"]["UnreservedConcurrentExecutions"])
    have = 0 if draft.before is ABSENT else int(draft.before[_FIELD])
    left = free + have - limit
    if left < _LEFT:
        return (
            Outcome.BLOCK,
            f"{left} calls at once would be left to all other functions, and Lambda wants {_LEFT}: name a lower limit, or "
            "ask AWS for a higher quota",
        )
    if most is not None and 2 * most > limit:
        return (
            Outcome.WARN,
            f"up to {most:,.0f} calls ran at once within {_DAYS} days, more than half of {limit}",
        )
    seen = "no call was seen" if most is None else f"at most {most:,.0f} ran at once"
    return Outcome.PASS, f"{seen} within {_DAYS} days, and {left} are left to other functions"


def _most(look: Look) -> float | None:
    now = datetime.now(UTC)
    asked = {
        "Namespace": "AWS/Lambda",
        "MetricName": "ConcurrentExecutions",
        "Dimensions": [{"Name": "FunctionName", "Value": look.target.name}],
        "StartTime": (now - timedelta(days=_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 3600,
        "Statistics": ["Maximum"],
    }
    found = look.cloud.call(Call("aws", "cloudwatch", "GetMetricStatistics", asked, look.target.region))
    return max((float(one["Maximum"]) for one in found.get("Datapoints") or []), default=None)


GUARDS = {"lambda-concurrency-room": lambda_concurrency_room}
