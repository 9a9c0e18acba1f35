"""Makes one change: reads, journals the intent, makes the calls, reads again.

Before every call the journal is asked whether the run is still this worker's, so that a worker that was stopped for
longer than its lease makes at most the one call that it was about to make.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hipaa_tui.clouds.connections import cloud_of, fresh
from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.model import Change
from hipaa_tui.providers.model import (
    Call,
    Cancelled,
    CloudError,
    Clouds,
    Progress,
    Reading,
    Setting,
    Silent,
    calls_as_json,
)
from hipaa_tui.providers.operations import Following, listening
from hipaa_tui.providers.registry import setting
from hipaa_tui.runs.outcomes import ACCEPTED, DRIFTED, FAILED, LaidDown, Stop
from hipaa_tui.runs.preflight import account_of_drift
from hipaa_tui.support.json_value import ABSENT, OWN_ANSWER, Json, at, canonical_bytes, resolve

TRIES: Final = 4
"""Maximum tries of a call that failed for a transient reason and, by a fresh read, had no effect."""
THROTTLED_TRIES: Final = 10
"""Maximum tries of a throttled call: with the waits below, about half a minute."""
FIRST_WAIT: Final = 0.2
"""Seconds before the first repeated read; doubled each time up to LONGEST_WAIT."""
LONGEST_WAIT: Final = 4.0
PATIENCE: Final = 600.0
"""Maximum seconds that one change waits in all because the cloud asks for it or the resource is busy; the setting's
settle time if that is longer."""
LONGEST_BUSY_WAIT: Final = 15.0
"""Maximum seconds between two tries while a resource is busy."""
SHOWN_EVERY: Final = 1.0
"""Seconds between two progress messages about a wait, and until a request to stop the run is noticed."""
_CLOUDS: Final = {"aws": "AWS", "azure": "Azure"}
_UNIQUE: Final = re.compile(r"arn:aws|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
"""Identifiers that are unique: ARNs, and the ids of principals."""


@dataclass
class ChangeExecutor:
    """Makes the changes of one run. `sleep` waits between reads; tests pass their own."""

    clouds: Clouds
    journal: Journal
    run: str
    sleep: Callable[[float], None] = time.sleep
    progress: Progress = field(default_factory=Silent)
    place: tuple[int, int] = (0, 0)
    """(changes done, changes in all), for progress messages about a wait."""
    created: set[str] = field(default_factory=set)
    """Names, ids and ARNs of what this run created: they take a moment to propagate."""
    answers: dict[str, Json] = field(default_factory=dict)
    """Responses to the calls of the last change."""
    in_flight: dict[str, Json] = field(default_factory=dict)
    """The last call, until the journal has confirmed that the run was still this worker's."""

    def record(self, kind: str, change: Change, body: Mapping[str, Json] | None = None) -> None:
        """Journal a record about a change. FencedError if another worker has taken over the run."""
        self.journal.append(self.run, kind, {"change": change.id, **(body or {})})
        self.in_flight = {}

    def look(self, change: Change) -> Reading:
        """A fresh read, repeated after transient failures. Stop if it fails for good."""
        waits = _Waits(change)
        while True:
            try:
                return fresh(self.clouds, change.setting, change.target)
            except CloudError as error:
                _lay_down_without_session(error)
                if not error.transient:
                    raise Stop(FAILED, change, _unreadable(change, error)) from None
                if not waits.go_on(error):
                    if not error.sent:
                        raise LaidDown(f"the cloud is unreachable ({error})") from None
                    reason = f"{change.target.name}: cannot be read: {error}{waits.account}"
                    raise Stop(FAILED, change, reason) from None
            self.wait(waits.seconds, waits.why)

    def wait(self, seconds: float, why: str = "") -> None:
        """Sleep. With a reason, progress shows it and the time left, and Cancelled is raised when the run is stopped."""
        if not why:
            self.sleep(seconds)
            return
        left = seconds
        while left > 0:
            self.progress.step(*self.place, f"waiting {math.ceil(left)} s: {why}")
            self.sleep(min(left, SHOWN_EVERY))
            left -= SHOWN_EVERY

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
        try:
            self._bring(change, live, goal, calls_from, intent)
        except Cancelled:
            kind = "change.undo-failed" if intent == "change.undoing" else FAILED
            self.record(
                kind, change, {"reason": f"{change.target.name}: stopped by the operator while waiting"}
            )
            raise

    def _bring(
        self,
        change: Change,
        live: Reading,
        goal: Json,
        calls_from: Callable[[Reading], list[Call]],
        intent: str,
    ) -> None:
        one = setting(change.setting)
        start, waits = live, _Waits(change)
        journaled: list[Call] = []
        while True:
            calls = calls_from(live)
            if calls != journaled:
                self.record(intent, change, {"found": live.value, "calls": calls_as_json(calls)})
                journaled = calls
            failure = self._send(one, change, calls, waits)
            if failure is None:
                return
            if not failure.transient:
                # Someone else created it first: is it what this run wants?
                if one.same(self.look(change).value, goal):
                    return
                raise Stop(FAILED, change, f"{change.target.name}: {failure}")
            patient = waits.go_on(failure)
            self.wait(waits.seconds, waits.why)
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
            if not may_repeat or not patient:
                if not failure.sent:
                    raise LaidDown(f"the cloud is unreachable ({failure})")
                raise Stop(FAILED, change, f"{change.target.name}: {failure}{waits.account}")

    def _send(self, one: Setting, change: Change, calls: list[Call], waits: _Waits) -> CloudError | None:
        """Make the calls in order. Returns the failure that needs a fresh read, or None. Stop for a permanent one."""
        answers = self.answers = {}
        left, pause = one.settle_seconds, FIRST_WAIT
        for number, call in enumerate(calls):
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
                    cloud = cloud_of(self.clouds, change.target.provider, change.target.account)
                    with listening(lambda url: self.record(ACCEPTED, change, {"operation": url})):
                        answers.update(cloud.call(ready))
                    if change.before is ABSENT and one.creates_resource:
                        self.created |= {change.target.id, change.target.name}
                    break
                except CloudError as error:
                    _lay_down_without_session(error)
                    if self._to_be_repeated(error, ready, later=number > 0):
                        if not waits.go_on(error):
                            reason = f"{change.target.name}: {error}{waits.account}"
                            raise Stop(FAILED, change, reason) from None
                        self.wait(waits.seconds, waits.why)
                        continue
                    if error.transient or (number == 0 and "AlreadyExists" in error.code):
                        return error
                    if error.code not in one.retry_codes or left <= 0:
                        raise Stop(FAILED, change, f"{change.target.name}: {error}") from None
                    why = f"a resource that it needs is not ready yet ({error.code})" if pause >= 1 else ""
                self.wait(pause, why)
                left -= pause
                pause = min(pause * 2, LONGEST_WAIT)
        return None

    def _to_be_repeated(self, error: CloudError, call: Call, *, later: bool) -> bool:
        """Whether to repeat this call without reading the resource again.

        Yes if it names something that this run created, or if it is a later call of a write: the calls before it may be
        what made the resource busy. After a rejected first call the resource is read again, because the operation that
        kept it busy may have changed it.
        """
        if error.retryable is None:
            return False
        if not error.retryable.new:
            return later and error.retryable.refused
        named = f"{error.message} {canonical_bytes(dict(call.arguments)).decode()}"
        return any(name in named for name in self.created)

    def note_created(self, change: Change, reading: Reading) -> None:
        """Remember what a change of this run created: later calls may name it before it has propagated."""
        if change.before is not ABSENT:
            return
        if setting(change.setting).creates_resource:
            self.created |= {change.target.id, change.target.name}
        self.created |= {text for text in _texts(dict(reading.identity)) if _UNIQUE.match(text)}

    def follow(self, change: Change, url: str) -> None:
        """Wait for an operation that an earlier worker started. If its status cannot be read, the next read decides."""
        cloud = cloud_of(self.clouds, change.target.provider, change.target.account)
        waits, left, pause = _Waits(change), PATIENCE, FIRST_WAIT
        while isinstance(cloud, Following) and left > 0:
            try:
                if cloud.operation_ended(url):
                    return
            except CloudError as error:
                _lay_down_without_session(error)
                if not error.transient or not waits.go_on(error):
                    return
                self.wait(waits.seconds, waits.why)
                continue
            self.wait(pause, "an operation that this run started earlier is still in progress")
            left -= pause
            pause = min(pause * 2, LONGEST_BUSY_WAIT)

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


class _Waits:
    """How long one change has waited for the cloud, and how long it waits next."""

    def __init__(self, change: Change) -> None:
        self._left = self._most = max(PATIENCE, setting(change.setting).settle_seconds)
        self._cloud = _CLOUDS.get(change.target.provider, change.target.provider)
        self._pause = FIRST_WAIT
        self._tries = 0
        self.seconds = 0.0
        """Length of the next wait."""
        self.why = ""
        """Reason of the next wait; "" if it is too short to be shown."""
        self.account = ""
        """Why there is no further wait, as the end of a sentence."""

    def go_on(self, error: CloudError) -> bool:
        """Whether there is another try after this error. Sets `seconds` and `why` of the wait before the next read.

        Waits that the cloud asks for, and those for a busy resource, are limited by time; all others by tries.
        """
        asked, busy = error.retry_after, error.retryable
        self.seconds, self.why = self._pause, ""
        if asked is None and busy is None:
            self._pause = min(self._pause * 2, LONGEST_WAIT)
            self._tries += 1
            if error.throttled:
                self.why = f"{self._cloud} is throttling requests"
            return self._tries < (THROTTLED_TRIES if error.throttled else TRIES)
        self._pause = min(self._pause * 2, LONGEST_BUSY_WAIT)
        if asked is not None:
            self.seconds, self.why = max(asked, self.seconds), f"requested by {self._cloud}"
        elif busy is not None:
            self.why = busy.why
        if self.seconds <= self._left:
            self._left -= self.seconds
            return True
        waited = self._most - self._left
        asks = f"{self._cloud} asks for {asked:.0f} s more" if asked else "it is still busy"
        self.account = f"; waited {waited:.0f} s, and {asks}; the limit for one change is {self._most:.0f} s"
        self.seconds, self.why = FIRST_WAIT, ""
        return False


def _texts(value: Json) -> Iterator[str]:
    """Every string in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


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
