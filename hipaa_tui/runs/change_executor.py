"""Does the work of one change: looks, journals the intent, calls, looks again.

Before every single call the journal is asked whether the run is still this worker's, so that a worker that
was stopped past its lease makes at most the one call that it was about to make.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hipaa_tui.clouds.connections import cloud_of, fresh
from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.model import Change
from hipaa_tui.providers.model import Call, CloudError, Clouds, Reading, Setting, calls_as_json
from hipaa_tui.providers.registry import setting
from hipaa_tui.runs.outcomes import DRIFTED, FAILED, LaidDown, Stop
from hipaa_tui.runs.preflight import account_of_drift
from hipaa_tui.support.json_value import OWN_ANSWER, Json, at, resolve

TRIES: Final = 4
"""Of one call that failed for a passing reason and, by a fresh look, had no effect."""
THROTTLED_TRIES: Final = 10
"""Of one that was turned away for coming too often: with the waits below, about half a minute."""
FIRST_WAIT: Final = 0.2
"""Seconds before the first look again; doubled each time up to LONGEST_WAIT."""
LONGEST_WAIT: Final = 4.0


@dataclass
class Hands:
    """Of one run. `sleep` waits between looks; tests pass their own."""

    clouds: Clouds
    journal: Journal
    run: str
    sleep: Callable[[float], None] = time.sleep
    in_flight: dict[str, Json] = field(default_factory=dict)
    """The call that was made last, until the journal has confirmed that the run was still ours."""

    def record(self, kind: str, change: Change, body: Mapping[str, Json] | None = None) -> None:
        """A record about a change. FencedError where another worker has the run."""
        self.journal.append(self.run, kind, {"change": change.id, **(body or {})})
        self.in_flight = {}

    def look(self, change: Change) -> Reading:
        """A fresh read, patient with passing failures. Stop where it cannot be had."""
        wait = FIRST_WAIT
        for number in range(TRIES):
            try:
                return fresh(self.clouds, change.setting, change.target)
            except CloudError as error:
                _lay_down_without_session(error)
                if not error.transient:
                    raise Stop(FAILED, change, _unreadable(change, error)) from None
                if number == TRIES - 1:
                    if not error.sent:
                        raise LaidDown(f"the cloud is out of reach ({error})") from None
                    raise Stop(FAILED, change, f"{change.target.name}: cannot be read: {error}") from None
            self.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        raise AssertionError("unreachable")

    def bring(
        self,
        change: Change,
        live: Reading,
        goal: Json,
        calls_from: Callable[[Reading], list[Call]],
        *,
        intent: str = "change.intent",
    ) -> None:
        """Make the calls. Where an answer is lost, a fresh look says which of them are still to be made.

        `calls_from` gives the calls for what stands there. Stop where they fail for good, or where somebody
        else's value turns up.
        """
        one = setting(change.setting)
        start, wait, tries = live, FIRST_WAIT, 0
        journaled: list[Call] = []
        while True:
            calls = calls_from(live)
            if calls != journaled:
                self.record(intent, change, {"found": live.value, "calls": calls_as_json(calls)})
                journaled = calls
            failure = self._send(one, change, calls)
            if failure is None:
                return
            tries += 1
            self.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
            live = self.look(change)
            if one.same(live.value, goal):
                return  # the answer was lost, not the effect
            if one.same(live.value, start.value):
                # A read may lag behind: what would make a second one is not made again on its word.
                may_repeat = one.repeatable or failure.without_effect
            elif any(one.same(live.value, v) for v in one.between(change.target, start.value, goal)):
                may_repeat = True
            else:
                reason = account_of_drift(one, change, live.value, goal)
                raise Stop(DRIFTED, change, reason, {"found": live.value})
            if not may_repeat or tries >= (THROTTLED_TRIES if failure.throttled else TRIES):
                if not failure.sent:
                    raise LaidDown(f"the cloud is out of reach ({failure})")
                raise Stop(FAILED, change, f"{change.target.name}: {failure}")

    def _send(self, one: Setting, change: Change, calls: list[Call]) -> CloudError | None:
        """Make the calls in order. The passing failure that stopped them, or None; Stop for one that stays."""
        answers: dict[str, Json] = {}
        left, wait = one.settle_seconds, FIRST_WAIT
        for call in calls:
            ready = replace(call, arguments=resolve(dict(call.arguments), _answered(answers)))
            while True:
                if self.in_flight:
                    self.journal.hold(self.run)
                self.in_flight = {
                    "change": change.id,
                    "call": f"{call.service} {call.operation}",
                    "resource": change.target.id,
                }
                try:
                    answers.update(
                        cloud_of(self.clouds, change.target.provider, change.target.account).call(ready)
                    )
                    break
                except CloudError as error:
                    _lay_down_without_session(error)
                    if error.transient:
                        return error
                    if error.code not in one.retry_codes or left <= 0:
                        raise Stop(FAILED, change, f"{change.target.name}: {error}") from None
                self.sleep(wait)
                left -= wait
                wait = min(wait * 2, LONGEST_WAIT)
        return None

    def settle(self, change: Change, holds: Callable[[Json], bool]) -> tuple[Reading, bool]:
        """Fresh looks until one confirms what was written or the setting's time to settle is over."""
        left, wait = setting(change.setting).settle_seconds, FIRST_WAIT
        while True:
            live = self.look(change)
            if holds(live.value) or left <= 0:
                return live, holds(live.value)
            self.sleep(wait)
            left -= wait
            wait = min(wait * 2, LONGEST_WAIT)


def _lay_down_without_session(error: CloudError) -> None:
    """Without credentials nothing can be written or put back: LaidDown, so that the run can be resumed."""
    if error.unauthenticated:
        raise LaidDown(f"the session is over ({error})")


def _unreadable(change: Change, error: CloudError) -> str:
    gone = error.status == 404 or "NotFound" in error.code or error.code.startswith("NoSuch")
    what = "is not there any more" if gone else "cannot be read"
    return f"{change.target.name}: {what} ({error}); scan again"


def _answered(answers: Mapping[str, Json]) -> Callable[[str, str], Json]:
    """Looks up what earlier calls of the same change were answered."""

    def look(id: str, name: str) -> Json:
        value = at(dict(answers), name) if id == OWN_ANSWER else None
        if value is None:
            raise KeyError(f"{id}.{name}")
        return value

    return look
