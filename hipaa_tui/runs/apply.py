"""Carries a plan out: looks afresh, journals the intent, calls, journals the outcome, verifies.

The rules (each has a test): the prior values are journaled before the first write. Before each write
the live value is compared: equal to *after* → done already, nothing is written; equal to *before* →
write; anything else → stop for a human. The intent is committed before the call and the outcome after
it. A call that succeeded says little: only a fresh read counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from hipaa_tui.errors import HipaaTuiError, RefusedError
from hipaa_tui.json_value import ABSENT, OWN_ANSWER, Json, at, references, resolve
from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.runs.checks import account_of_drift, ask_again, refuse_blocked, refuse_drift, refuse_unlike
from hipaa_tui.runs.journal import Journal, Record
from hipaa_tui.runs.lost import Lost
from hipaa_tui.runs.model import RunState
from hipaa_tui.settings.live import fresh
from hipaa_tui.settings.model import (
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
from hipaa_tui.settings.predicates import holds
from hipaa_tui.settings.registry import setting

TRIES: Final = 4
"""Of one call that failed for a passing reason and, by a fresh look, had no effect."""
FIRST_WAIT: Final = 0.2
"""Seconds before the first look again; doubled each time up to LONGEST_WAIT."""
LONGEST_WAIT: Final = 4.0


FAILED: Final = "change.failed"


class _Stop(Exception):
    """Ends the run here. `kind` is the journal's word for it."""

    def __init__(self, kind: str, change: Change, reason: str, body: dict[str, Json] | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.change = change
        self.reason = reason
        self.body = body or {}


@dataclass
class Applying:
    """One run under way. `sleep` waits between looks; tests pass their own."""

    plan: Plan
    clouds: Clouds
    journal: Journal
    progress: Progress = field(default_factory=Silent)
    sleep: Callable[[float], None] = time.sleep
    made: set[str] = field(default_factory=set)

    def start(self) -> str:
        """Check everything that can be checked before a write, then run. Returns the run's id.

        RefusedError (a guard, drift) and InputError before anything was written.
        """
        self.progress.step(0, len(self.plan.changes), "checking the plan against the live state")
        refuse_unlike(self.plan)
        refuse_blocked(self.plan)
        refuse_drift(self.plan, self.clouds)
        ask_again(self.plan, self.clouds)
        run = self.journal.begin(self.plan)
        self._closing(run, [])
        return run

    def resume(self, run: str) -> str:
        """Go on with an interrupted run. What it wrote already is recognised, not written again."""
        refuse_unlike(self.plan)
        self.journal.take_over(run)
        self._closing(run, self.journal.of(run))
        return run

    # The run

    def _closing(self, run: str, earlier: list[Record]) -> None:
        """Carry the plan out, and close the run even where a bug of ours ends it: the process may live on
        (the screens do), and a run that nobody carries on must not look as if it were under way."""
        try:
            self._carry_out(run, earlier)
        except RefusedError:
            raise  # another process has the run: it is not ours to close
        except Exception as error:
            with suppress(HipaaTuiError):
                wrote = self._wrote(run)
                note = f"stopped by an error ({type(error).__name__}); {_next_step(run, wrote)}"
                self.journal.finish(run, RunState.PARTIAL if wrote else RunState.STOPPED, note)
            raise

    def _carry_out(self, run: str, earlier: list[Record]) -> None:
        assigned = _assigned_before(earlier)
        done = {r.body["change"] for r in earlier if r.kind in {"change.verified", "change.skipped"}}
        begun = {r.body["change"] for r in earlier if r.kind == "change.intent"}
        self.made = {
            change.target.key
            for change in self.plan.changes
            if change.id in begun and change.before is ABSENT and setting(change.setting).creates_resource
        }
        wrote = bool(begun)
        sure = True
        lost = Lost()
        try:
            for number, change in enumerate(self.plan.changes):
                self.progress.step(number, len(self.plan.changes), _what(change))
                if change.id in done or lost.takes(change):
                    continue
                try:
                    written, verified = self._one(run, change, assigned, change.id in begun)
                except _Stop as stop:
                    if stop.kind != FAILED:
                        raise
                    # A refusal is this fix's alone; the fixes that do not build on it go on.
                    self._record(run, stop)
                    lost.add(change)
                    continue
                wrote = wrote or written
                sure = sure and verified
        except Cancelled:
            note = "stopped by the operator; " + _next_step(run, wrote)
            self.journal.finish(run, RunState.PARTIAL if wrote else RunState.STOPPED, note)
            return
        except _Stop as stop:
            wrote = self._wrote(run)
            self._record(run, stop)
            state = RunState.PARTIAL if wrote else RunState.STOPPED
            self.journal.finish(run, state, f"{stop.reason}; {_next_step(run, wrote)}")
            return
        self.progress.step(len(self.plan.changes), len(self.plan.changes), "done")
        if lost:
            wrote = self._wrote(run)
            note = f"{lost.count} changes failed, and what builds on them was left alone; {_next_step(run, wrote)}"
            self.journal.finish(run, RunState.PARTIAL if wrote else RunState.STOPPED, note)
            return
        self.journal.finish(run, RunState.DONE if sure else RunState.UNVERIFIED)

    def _record(self, run: str, stop: _Stop) -> None:
        self.journal.append(run, stop.kind, {"change": stop.change.id, "reason": stop.reason, **stop.body})

    def _wrote(self, run: str) -> bool:
        """May anything have been written? A call that was refused by the cloud still counts: it was sent."""
        return any(record.kind == "change.intent" for record in self.journal.of(run))

    def _one(
        self, run: str, change: Change, assigned: dict[str, Mapping[str, Json]], begun: bool
    ) -> tuple[bool, bool]:
        """One change. Returns (was anything written, is it verified). _Stop ends the run."""
        one = setting(change.setting)
        try:
            after = resolve(change.after, lambda id, name: known(assigned, id, name))
        except KeyError as error:
            raise _Stop(FAILED, change, f"{error.args[0]} is not known") from None
        live = self._look(change)
        if one.same(live.value, after):
            assigned[change.id] = live.identity
            body: dict[str, Json] = {"change": change.id, "identity": dict(live.identity)}
            if not begun:
                self.journal.append(run, "change.skipped", body)
                return False, True
            # The call took effect before the interruption: only its outcome is missing.
            self.journal.append(run, "change.outcome", {**body, "recovered": True})
        else:
            half = begun and any(
                one.same(live.value, value) for value in one.between(change.target, change.before, after)
            )
            # What this run made has the cloud's defaults at first, and nobody else's values.
            ours = change.before is ABSENT and change.target.key in self.made and not one.creates_resource
            if not half and not ours and not one.same(live.value, change.before):
                raise _Stop(
                    "change.drifted",
                    change,
                    account_of_drift(one, change, live.value, after),
                    {"found": live.value},
                )
            self._write(run, one, change, live, after)
            if one.creates_resource and change.before is ABSENT:
                self.made.add(change.target.key)
        return True, self._verify(run, one, change, after, assigned)

    def _write(self, run: str, one: Setting, change: Change, live: Reading, after: Json) -> None:
        """Make the calls. Where an answer is lost, a fresh look says which of them are still to be made."""
        start, wait = live, FIRST_WAIT
        journaled: list[Call] = []
        for left in reversed(range(TRIES)):
            calls = self._approved(one, change, live, after)
            if calls != journaled:
                body = {"change": change.id, "found": live.value, "calls": calls_as_json(calls)}
                self.journal.append(run, "change.intent", body)
                journaled = calls
            failure = self._send(one, change, calls)
            if failure is None:
                break
            self.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
            live = self._look(change)
            if one.same(live.value, after):
                break  # the answer was lost, not the effect
            if one.same(live.value, start.value):
                # A read may lag behind: what would make a second one is not made again on its word.
                if not left or not (one.repeatable or failure.without_effect):
                    raise _Stop(FAILED, change, f"{change.target.name}: {failure}")
            elif not any(one.same(live.value, v) for v in one.between(change.target, change.before, after)):
                reason = account_of_drift(one, change, live.value, after)
                raise _Stop("change.drifted", change, reason, {"found": live.value})
            elif not left:
                raise _Stop(FAILED, change, f"{change.target.name}: {failure}")
        self.journal.append(run, "change.outcome", {"change": change.id})

    def _approved(self, one: Setting, change: Change, live: Reading, after: Json) -> list[Call]:
        """The calls from what stands there, none of a kind that the plan does not have."""
        try:
            calls = one.calls(change.target, live, after)
        except ValueError as error:
            raise _Stop(FAILED, change, str(error)) from None
        planned = {(call.service, call.operation) for call in change.calls}
        if not {(call.service, call.operation) for call in calls} <= planned:
            raise _Stop(
                "change.drifted", change, f"{change.target.name}: other calls are needed than were approved"
            )
        return calls

    def _send(self, one: Setting, change: Change, calls: list[Call]) -> CloudError | None:
        """Make the calls in order. The passing failure that stopped them, or None; _Stop for one that stays."""
        answers: dict[str, Json] = {}
        left, wait = one.settle_seconds, FIRST_WAIT
        for call in calls:
            ready = replace(call, arguments=resolve(dict(call.arguments), _answered(answers)))
            while True:
                try:
                    answers.update(self.clouds[change.target.provider].call(ready))
                    break
                except CloudError as error:
                    if error.transient:
                        return error
                    if error.code not in one.retry_codes or left <= 0:
                        raise _Stop(FAILED, change, f"{change.target.name}: {error}") from None
                self.sleep(wait)
                left -= wait
                wait = min(wait * 2, LONGEST_WAIT)
        return None

    def _verify(
        self, run: str, one: Setting, change: Change, after: Json, assigned: dict[str, Mapping[str, Json]]
    ) -> bool:
        """Fresh looks until one confirms the change or its time to settle is over."""
        left, wait = one.settle_seconds, FIRST_WAIT
        while True:
            live = self._look(change)
            if _confirmed(one, change, live.value, after):
                assigned[change.id] = live.identity
                self.journal.append(
                    run,
                    "change.verified",
                    {"change": change.id, "value": live.value, "identity": dict(live.identity)},
                )
                return True
            if left <= 0:
                assigned[change.id] = live.identity
                self.journal.append(run, "change.unverified", {"change": change.id, "found": live.value})
                return False
            self.sleep(wait)
            left -= wait
            wait = min(wait * 2, LONGEST_WAIT)

    def _look(self, change: Change) -> Reading:
        """A fresh read, patient with passing failures. _Stop where it cannot be had."""
        wait = FIRST_WAIT
        for number in range(TRIES):
            try:
                return fresh(self.clouds, change.setting, change.target)
            except CloudError as error:
                if not error.transient or number == TRIES - 1:
                    reason = f"{change.target.name}: cannot be read: {error}"
                    raise _Stop(FAILED, change, reason) from None
            self.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        raise AssertionError("unreachable")


def confirmed(change: Change, value: Json) -> bool:
    """Does a freshly read value confirm the change? References count as confirmed where the rest is."""
    one = setting(change.setting)
    return _confirmed(one, change, value, change.after)


def _confirmed(one: Setting, change: Change, value: Json, after: Json) -> bool:
    if change.complies is not None:
        return holds(change.complies, value)
    if any(references(after)):
        return value is not None
    return one.same(value, after)


def _assigned_before(earlier: list[Record]) -> dict[str, Mapping[str, Json]]:
    return {
        r.body["change"]: r.body["identity"]
        for r in earlier
        if r.kind in {"change.verified", "change.skipped"} and "identity" in r.body
    }


def known(assigned: Mapping[str, Mapping[str, Json]], id: str, name: str) -> Json:
    value = at(dict(assigned.get(id, {})), name)
    if value is None:
        raise KeyError(f"what change {id} made ({name})")
    return value


def _answered(answers: Mapping[str, Json]) -> Callable[[str, str], Json]:
    """Looks up what earlier calls of the same change were answered."""

    def look(id: str, name: str) -> Json:
        value = at(dict(answers), name) if id == OWN_ANSWER else None
        if value is None:
            raise KeyError(f"{id}.{name}")
        return value

    return look


def _what(change: Change) -> str:
    return f"{change.verb} {setting(change.setting).title} of {change.target.name}"


def _next_step(run: str, wrote: bool) -> str:
    if not wrote:
        return "nothing was changed"
    return f"`hipaa-tui rollback {run}` puts back what was changed, or plan again and apply the rest"
