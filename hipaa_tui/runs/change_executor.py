"""Makes one change: reads, journals the intent, makes the calls, reads again.

Before every call the journal is asked whether the run is still this worker's, so that a worker that was stopped for
longer than its lease makes at most the one call that it was about to make.
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
"""Maximum tries of a call that failed for a transient reason and, by a fresh read, had no effect."""
THROTTLED_TRIES: Final = 10
"""Maximum tries of a throttled call: with the waits below, about half a minute."""
FIRST_WAIT: Final = 0.2
"""Seconds before the first repeated read; doubled each time up to LONGEST_WAIT."""
LONGEST_WAIT: Final = 4.0


@dataclass
class Hands:
    """Makes the changes of one run. `sleep` waits between reads; tests pass their own."""

    clouds: Clouds
    journal: Journal
    run: str
    sleep: Callable[[float], None] = time.sleep
    in_flight: dict[str, Json] = field(default_factory=dict)
    """The last call, until the journal has confirmed that the run was still this worker's."""

    def record(self, kind: str, change: Change, body: Mapping[str, Json] | None = None) -> None:
        """Journal a record about a change. FencedError if another worker has taken over the run."""
        self.journal.append(self.run, kind, {"change": change.id, **(body or {})})
        self.in_flight = {}

    def look(self, change: Change) -> Reading:
        """A fresh read, repeated after transient failures. Stop if it fails for good."""
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
                        raise LaidDown(f"the cloud is unreachable ({error})") from None
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
        """Make the calls. If a response is lost, a fresh read shows which of them are still to be made.

        `calls_from` returns the calls for a live value. Stop if they fail for good, or if a foreign value is found.
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
                # A read may lag behind: a call that could create a second resource is not repeated because of it.
                may_repeat = one.repeatable or failure.without_effect
            elif any(one.same(live.value, v) for v in one.between(change.target, start.value, goal)):
                may_repeat = True
            else:
                reason = account_of_drift(one, change, live.value, goal)
                raise Stop(DRIFTED, change, reason, {"found": live.value})
            if not may_repeat or tries >= (THROTTLED_TRIES if failure.throttled else TRIES):
                if not failure.sent:
                    raise LaidDown(f"the cloud is unreachable ({failure})")
                raise Stop(FAILED, change, f"{change.target.name}: {failure}")

    def _send(self, one: Setting, change: Change, calls: list[Call]) -> CloudError | None:
        """Make the calls in order. Returns the transient failure that stopped them, or None. Stop for a permanent one."""
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
        """Read afresh until a read confirms what was written or the setting's settle time is over."""
        left, wait = setting(change.setting).settle_seconds, FIRST_WAIT
        while True:
            live = self.look(change)
            if holds(live.value) or left <= 0:
                return live, holds(live.value)
            self.sleep(wait)
            left -= wait
            wait = min(wait * 2, LONGEST_WAIT)


def _lay_down_without_session(error: CloudError) -> None:
    """Without credentials nothing can be written or undone: LaidDown pauses the run, to be resumed."""
    if error.unauthenticated:
        raise LaidDown(f"the session has expired ({error})")


def _unreadable(change: Change, error: CloudError) -> str:
    gone = error.status == 404 or "NotFound" in error.code or error.code.startswith("NoSuch")
    what = "does not exist any more" if gone else "cannot be read"
    return f"{change.target.name}: {what} ({error}); scan again"


def _answered(answers: Mapping[str, Json]) -> Callable[[str, str], Json]:
    """Resolves references to the responses of earlier calls of the same change."""

    def look(id: str, name: str) -> Json:
        value = at(dict(answers), name) if id == OWN_ANSWER else None
        if value is None:
            raise KeyError(f"{id}.{name}")
        return value

    return look
