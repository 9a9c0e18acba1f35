"""Undoes the changes of a fix after one of them failed, last one first, so that no fix is left half done.

Values that were changed in the meantime are not overwritten, and what is kept on purpose (a key that may have
encrypted data) stays. What cannot be undone is reported with the commands to do it by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

from hipaa_tui.clouds import call_description
from hipaa_tui.plans.model import Change
from hipaa_tui.providers.model import Reading, Setting
from hipaa_tui.providers.registry import setting
from hipaa_tui.runs.change_executor import ChangeExecutor
from hipaa_tui.runs.outcomes import Stop
from hipaa_tui.support.json_value import ABSENT, Json

Goals = dict[str, Json]
"""By change id: the value that the run wrote, with its references resolved."""


def compensate(hands: ChangeExecutor, written: Sequence[Change], goals: Goals) -> list[str]:
    """Undo these changes of one fix, given in the order in which they were made.

    Returns a sentence for each that stays; none if everything is as before the fix.
    """
    stays: list[str] = []
    kept: set[str] = set()
    stuck = ""
    for change in reversed(written):
        one = setting(change.setting)
        if change.before is ABSENT and one.creates_resource and one.kept_on_rollback:
            kept.add(change.target.key)
    for change in reversed(written):
        one = setting(change.setting)
        protects = change.target.key in kept and change.before is ABSENT and not one.creates_resource
        if protects or (change.before is ABSENT and one.kept_on_rollback):
            reason = one.kept_on_rollback or "it protects what stays"
            if not _stands(hands, one, change):
                continue
            hands.record("change.kept", change, {"reason": reason})
            stays.append(f"{one.title} of {change.target.name} stays: {reason}")
            continue
        reason = stuck or _undo(hands, one, change, goals.get(change.id, change.after))
        if reason:
            # Earlier changes may be what this one still depends on: from here on a person decides.
            stuck = stuck or f"a later change could not be undone ({change.target.name})"
            by_hand = _by_hand(one, change, goals.get(change.id, change.after))
            hands.record("change.undo-failed", change, {"reason": reason, "by_hand": list(by_hand)})
            how = f"; to do it by hand: {' && '.join(by_hand)}" if by_hand else ""
            stays.append(f"{one.title} of {change.target.name} was not undone: {reason}{how}")
    return stays


def _stands(hands: ChangeExecutor, one: Setting, change: Change) -> bool:
    """Was it created? If that cannot be read, yes is assumed."""
    try:
        return not one.same(hands.look(change).value, change.before)
    except Stop:
        return True


def _undo(hands: ChangeExecutor, one: Setting, change: Change, goal: Json) -> str:
    """Restore the earlier value. Returns why that was not possible, or ""."""
    final = one.cannot_be_undone(change.before, goal)
    if final:
        return final
    try:
        live = hands.look(change)
        if not one.same(live.value, change.before):
            half = one.between(change.target, change.before, goal)
            if not any(one.same(live.value, value) for value in (goal, *half)):
                return "it was changed in the meantime"
            hands.bring(
                change,
                live,
                change.before,
                lambda now: one.calls(change.target, now, change.before),
                intent="change.undoing",
            )
            live, back = hands.settle(change, lambda value: one.same(value, change.before))
            if not back:
                return "a fresh read does not show the earlier value"
    except Stop as stop:
        return stop.reason
    except ValueError as error:
        return str(error)
    hands.record("change.undone", change, {"value": live.value})
    return ""


def _by_hand(one: Setting, change: Change, goal: Json) -> list[str]:
    try:
        calls = one.calls(change.target, Reading(goal, change.identity), change.before)
    except (ValueError, KeyError):
        return []
    return [call_description.command(call) for call in calls]
