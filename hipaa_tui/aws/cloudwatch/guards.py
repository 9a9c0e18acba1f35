"""Checks how noisy an alarm is before it notifies anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hipaa_tui.aws.ec2.lookups import pages
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict

ALARM: Final = "aws.cloudwatch.alarm"
_OFTEN: Final = 20
"""Transitions to ALARM in a week above which people stop reading the notifications."""
_WEEK: Final = 7


def alarm_was_quiet(context: GuardContext) -> Verdict:
    """Warns of an alarm that goes off so often that people would ignore it, and of one whose actions are disabled."""
    drafts = [draft for draft in context.changes if draft.setting == ALARM]
    if not drafts:
        return Outcome.PASS, "no alarm changes"
    if not drafts[0].after["ActionsEnabled"]:
        return (
            Outcome.WARN,
            "the alarm's actions are disabled and stay so: run `aws cloudwatch enable-alarm-actions` once it may "
            "notify",
        )
    history = pages(
        context,
        "cloudwatch",
        "DescribeAlarmHistory",
        "AlarmHistoryItems",
        AlarmName=drafts[0].target.name,
        HistoryItemType="StateUpdate",
        StartDate=(datetime.now(UTC) - timedelta(_WEEK)).isoformat(),
    )
    red = sum(str(item.get("HistorySummary") or "").endswith("to ALARM") for item in history)
    if red > _OFTEN:
        return (
            Outcome.WARN,
            f"the alarm went into ALARM {red} times in {_WEEK} days: set a better threshold first, or people will "
            "ignore it",
        )
    return Outcome.PASS, f"the alarm went into ALARM {red} times in {_WEEK} days"


GUARDS: Final = {
    "alarm-was-quiet": alarm_was_quiet,
}
