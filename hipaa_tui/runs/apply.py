"""Applies a plan: reads afresh, journals the intent, makes the call, journals the outcome, verifies.

The rules (each has a test): the prior values are journaled before the first write. Before each write
the live value is compared: equal to *after* → already done, nothing is written; equal to *before* → write; anything else → stop for a human. The
intent is committed before the call and the outcome after it. A successful call proves nothing: only a fresh read
counts. A fix that fails part-way is undone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import FencedError, RunState
from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.providers.model import Call, Cancelled, Clouds, Progress, Reading, Setting, Silent
from hipaa_tui.providers.predicates import holds
from hipaa_tui.providers.registry import setting
from hipaa_tui.runs.change_executor import ChangeExecutor
from hipaa_tui.runs.compensate import compensate
from hipaa_tui.runs.dependents import Lost
from hipaa_tui.runs.heartbeat import Heartbeat
from hipaa_tui.runs.outcomes import DRIFTED, FAILED, LaidDown, Stop
from hipaa_tui.runs.preflight import (
    account_of_drift,
    blocked_now,
    refuse_blocked,
    refuse_blocked_now,
    refuse_drift,
    refuse_unlike,
)
from hipaa_tui.runs.resume_point import Done, done_before, written
from hipaa_tui.store.errors import StoreError
from hipaa_tui.support.errors import HipaaTuiError, IncompleteError
from hipaa_tui.support.json_value import ABSENT, Json, at, references, resolve


@dataclass
class Applying:
    """One run of a plan. `sleep` waits between reads; tests pass their own.

    `context` is journaled with the plan: who applies it, who approved it.
    """

    plan: Plan
    clouds: Clouds
    journal: Journal
    progress: Progress = field(default_factory=Silent)
    sleep: Callable[[float], None] = time.sleep
    context: Mapping[str, Json] = field(default_factory=dict)

    def start(self) -> str:
        """Check whatever can be checked before the first write, then run. Returns the run's id.

        RefusedError (guard, drift) and InputError: nothing was written. IncompleteError: the journal could not be
        written any more, or another process took over the run.
        """
        self.progress.step(0, len(self.plan.changes), "checking the plan against the live configuration")
        refuse_blocked(self.plan)
        refuse_unlike(self.plan)
        refuse_drift(self.plan, self.clouds)
        refuse_blocked_now(self.plan, self.clouds)
        run = self.journal.begin(self.plan, self.context)
        self._closing(run, Done())
        return run

    def resume(self, run: str) -> str:
        """Resume an interrupted run. Changes that already took effect are recognized and not made again."""
        refuse_unlike(self.plan)
        self.journal.take_over(run)
        self._closing(run, done_before(self.journal.of(run)))
        return run

    # The run

    def _closing(self, run: str, done: Done) -> None:
        """Apply the plan. Closes the run even after an internal error: the process may live on (the screens do), and
        a run that has ended must not look as if it were in progress."""
        hands = ChangeExecutor(self.clouds, self.journal, run, self.sleep, self.progress)
        try:
            with Heartbeat(self.journal, run):
                self._carry_out(hands, done)
        except FencedError as error:
            raise self._alarm(hands, error) from None
        except LaidDown as ending:
            note = f"{ending}; once that is fixed, use `hipaa-tui resume {run}` or `hipaa-tui rollback {run}`"
            self.journal.lay_down(run, note)
        except StoreError as error:
            self._learn_whether_fenced(hands)
            raise IncompleteError(
                f"{error}; the run stopped there, since no call is made without a record: "
                f"once that is fixed, use `hipaa-tui resume {run}`"
            ) from None
        except Exception as error:
            with suppress(HipaaTuiError):
                wrote = self._wrote(run)
                note = f"stopped by an internal error ({type(error).__name__}); {_next_step(run, wrote)}"
                self.journal.finish(run, RunState.PARTIAL if wrote else RunState.STOPPED, note)
            raise

    def _learn_whether_fenced(self, hands: ChangeExecutor) -> None:
        """After a lost connection to the store: FencedError if another worker has taken over the run."""
        try:
            self.journal.hold(hands.run)
        except FencedError as error:
            raise self._alarm(hands, error) from None
        except StoreError:
            return  # still out of reach: the sentence about it is what there is to say

    def _alarm(self, hands: ChangeExecutor, error: FencedError) -> FencedError:
        """Another worker has taken over the run. Record which call may have been made without the lease."""
        with suppress(HipaaTuiError):
            self.journal.alarm(hands.run, hands.in_flight)
        if not hands.in_flight:
            return FencedError(f"ALARM: {error}; it had made no call without the lease")
        return FencedError(
            f"ALARM: {error}; its call {hands.in_flight['call']} on {hands.in_flight['resource']} may have been "
            f"made after that: check with `hipaa-tui verify {hands.run}`"
        )

    def _carry_out(self, hands: ChangeExecutor, done: Done) -> None:
        run = hands.run
        work = _Work(self.plan, hands, done)
        try:
            work.look_again(self.progress)
            work.leave_out(blocked_now(self.plan, self.clouds, done.untouched(self.plan)) if done.any else {})
            for number, change in enumerate(self.plan.changes):
                hands.place = (number, len(self.plan.changes))
                self.progress.step(*hands.place, _what(change))
                work.take(change)
        except Cancelled:
            wrote = self._wrote(run)
            note = "stopped by the user; " + _next_step(run, wrote)
            self.journal.finish(run, RunState.PARTIAL if wrote else RunState.STOPPED, note)
            return
        except Stop as stop:
            wrote = self._wrote(run)
            work.note(stop)
            state = RunState.PARTIAL if wrote else RunState.STOPPED
            self.journal.finish(run, state, f"{stop.reason}; {_next_step(run, wrote)}")
            return
        self.progress.step(len(self.plan.changes), len(self.plan.changes), "done")
        self._finish(run, work)

    def _finish(self, run: str, work: _Work) -> None:
        if not work.lost:
            self.journal.finish(
                run, RunState.DONE if work.sure else RunState.UNVERIFIED, "; ".join(work.stays)
            )
            return
        wrote = self._wrote(run)
        parts = [
            f"{work.lost.count} changes failed or were not verified; changes that depend on them were not made"
        ]
        if work.undone:
            parts.append(f"{work.undone} changes of a failed fix were undone")
        parts += work.stays
        note = "; ".join([*parts, _next_step(run, wrote)])
        self.journal.finish(run, RunState.PARTIAL if wrote else RunState.STOPPED, note)

    def _wrote(self, run: str) -> bool:
        """Could anything that was written still be in place? A call that the cloud refused counts, too: it was sent."""
        return bool(written(self.journal.of(run)))


@dataclass
class _Work:
    """The changes of one run in order: which are done or lost, and what the cloud assigned."""

    plan: Plan
    hands: ChangeExecutor
    done: Done
    lost: Lost = field(default_factory=Lost)
    made: set[str] = field(default_factory=set)
    goals: dict[str, Json] = field(default_factory=dict)
    stays: list[str] = field(default_factory=list)
    undone: int = 0
    sure: bool = True

    def __post_init__(self) -> None:
        self.assigned = self.done.assigned
        self.made = {
            change.target.key
            for change in self.plan.changes
            if change.id in self.done.begun
            and change.before is ABSENT
            and setting(change.setting).creates_resource
        }
        for change in self.plan.changes:
            if change.id in self.done.begun:
                self.hands.note_created(change, Reading(ABSENT, self.assigned.get(change.id, {})))

    def look_again(self, progress: Progress) -> None:
        """Verify again what an earlier worker finished: the records alone are not trusted."""
        last = {(c.setting, c.target.key): c for c in self.plan.changes if c.id in self.done.finished}
        for number, change in enumerate(last.values()):
            progress.step(number, len(last), f"checking again: {_what(change)}")
            one, after = setting(change.setting), self._goal(change)
            live = self.hands.look(change)
            if not _confirmed(one, change, live.value, after):
                raise Stop(
                    DRIFTED,
                    change,
                    account_of_drift(one, change, live.value, after),
                    {"found": live.value},
                )

    def leave_out(self, blocked: Mapping[str, str]) -> None:
        """Fixes that a guard blocks now but did not block when the plan was made."""
        for change in self.plan.changes:
            if change.group in blocked and not self.lost.takes(change):
                self.note(Stop(FAILED, change, blocked[change.group]))
                self.lost.add(change)

    def take(self, change: Change) -> None:
        """Make one change, unless it is done or lost. Stop ends the run."""
        if change.id in self.done.finished or self.lost.takes(change):
            if change.id in self.done.finished and change.id in self.done.begun:
                self.goals[change.id] = self._goal(change)
            return
        try:
            verified = self._one(change)
        except Stop as stop:
            if stop.kind != FAILED:
                raise
            # A refusal concerns this fix only: it is undone, and fixes that do not depend on it go on.
            self.note(stop)
            self.lost.add(change)
            self._put_back(change)
            return
        if not verified:
            self.sure = False
            # What depends on it (removing the broad role once the narrow one works) has to wait for a person.
            if self._builds_on(change):
                self.lost.add(change)

    def note(self, stop: Stop) -> None:
        self.hands.record(stop.kind, stop.change, {"reason": stop.reason, **stop.body})

    def _builds_on(self, change: Change) -> bool:
        """Does any later change depend on this one?"""
        later = self.plan.changes[self.plan.changes.index(change) + 1 :]
        return any(Lost.of(change).takes(other) for other in later)

    def _put_back(self, failed: Change) -> None:
        done = (c for c in self.plan.changes if c.group == failed.group and c.id in self.goals)
        mine = [self._known_by_now(c) for c in done]
        stays = compensate(self.hands, mine, self.goals)
        self.undone += max(0, sum(change.id != failed.id for change in mine) - len(stays))
        self.stays += stays

    def _goal(self, change: Change) -> Json:
        try:
            return resolve(change.after, lambda id, name: known(self.assigned, id, name))
        except KeyError as error:
            raise Stop(FAILED, change, f"{error.args[0]} is not known") from None

    def _known_by_now(self, change: Change) -> Change:
        """The change with references in its `before` resolved, too."""
        if not any(references(change.before)):
            return change
        try:
            return replace(
                change, before=resolve(change.before, lambda id, name: known(self.assigned, id, name))
            )
        except KeyError:
            return change

    def _one(self, change: Change) -> bool:
        """Make one change. Returns whether it is verified. Stop if it failed or drifted."""
        change = self._known_by_now(change)
        one, after = setting(change.setting), self._goal(change)
        begun = change.id in self.done.begun
        if change.id in self.done.accepted:
            self.hands.follow(change, self.done.accepted[change.id])
        live = self.hands.look(change)
        if one.same(live.value, after):
            self.assigned[change.id] = live.identity
            body: dict[str, Json] = {"identity": dict(live.identity)}
            if not begun:
                self.hands.record("change.skipped", change, body)
                return True
            # The call took effect before the interruption: only its outcome is missing.
            self.goals[change.id] = after
            self.hands.record("change.outcome", change, {**body, "recovered": True})
        else:
            self._refuse_others(one, change, live, after, begun)
            self.goals[change.id] = after
            self.hands.bring(change, live, after, lambda now: _approved(one, change, now, after))
            self.hands.record("change.outcome", change)
            if one.creates_resource and change.before is ABSENT:
                self.made.add(change.target.key)
                answers = dict(self.hands.answers)
                verified = self._verify(one, change, after)
                left_over = one.left_over(change.target, answers, Reading(after, self.assigned[change.id]))
                if left_over:
                    self.stays.append(left_over)
                return verified
        return self._verify(one, change, after)

    def _refuse_others(self, one: Setting, change: Change, live: Reading, after: Json, begun: bool) -> None:
        """Stop if the live value is neither `before` nor one that this run's own calls pass through."""
        half = begun and any(
            one.same(live.value, value) for value in one.between(change.target, change.before, after)
        )
        # A resource created by this run has the cloud's defaults at first: that is not drift.
        ours = change.before is ABSENT and change.target.key in self.made and not one.creates_resource
        if not half and not ours and not one.same(live.value, change.before):
            reason = account_of_drift(one, change, live.value, after)
            raise Stop(DRIFTED, change, reason, {"found": live.value})

    def _verify(self, one: Setting, change: Change, after: Json) -> bool:
        live, verified = self.hands.settle(change, lambda value: _confirmed(one, change, value, after))
        self.assigned[change.id] = live.identity
        self.hands.note_created(change, live)
        if verified:
            body = {"value": live.value, "identity": dict(live.identity)}
            self.hands.record("change.verified", change, body)
        else:
            self.hands.record("change.unverified", change, {"found": live.value})
        return verified


def _approved(one: Setting, change: Change, live: Reading, after: Json) -> list[Call]:
    """The calls from the live value. Stop if they are of a kind that the plan does not contain."""
    try:
        calls = one.calls(change.target, live, after)
    except ValueError as error:
        raise Stop(FAILED, change, str(error)) from None
    planned = {(call.service, call.operation) for call in change.calls}
    if not {(call.service, call.operation) for call in calls} <= planned:
        raise Stop(DRIFTED, change, f"{change.target.name}: this needs other calls than were approved")
    return calls


def confirmed(change: Change, value: Json) -> bool:
    """Does a freshly read value confirm the change? Unresolved references match anything."""
    one = setting(change.setting)
    return _confirmed(one, change, value, change.after)


def _confirmed(one: Setting, change: Change, value: Json, after: Json) -> bool:
    if change.complies is not None:
        return holds(change.complies, value)
    if any(references(after)):
        return value is not None
    return one.same(value, after)


def known(assigned: Mapping[str, Mapping[str, Json]], id: str, name: str) -> Json:
    """A field that the cloud assigned to an earlier change. KeyError if unknown."""
    value = at(dict(assigned.get(id, {})), name)
    if value is None:
        raise KeyError(f"the {name} of change {id}")
    return value


def _what(change: Change) -> str:
    return f"{change.verb} {setting(change.setting).title} of {change.target.name}"


def _next_step(run: str, wrote: bool) -> str:
    if not wrote:
        return "nothing is changed"
    return f"undo the changes with `hipaa-tui rollback {run}`, or plan again and apply the rest"
