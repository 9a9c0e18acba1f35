"""Carries a plan out: looks afresh, journals the intent, calls, journals the outcome, verifies.

The rules (each has a test): the prior values are journaled before the first write. Before each write
the live value is compared: equal to *after* → done already, nothing is written; equal to *before* →
write; anything else → stop for a human. The intent is committed before the call and the outcome after
it. A call that succeeded says little: only a fresh read counts. A fix that fails half-way is put back.
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
from hipaa_tui.runs.change_executor import Hands
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
    """One run under way. `sleep` waits between looks; tests pass their own. `context` is journaled with
    the plan: who applies it, who approved it."""

    plan: Plan
    clouds: Clouds
    journal: Journal
    progress: Progress = field(default_factory=Silent)
    sleep: Callable[[float], None] = time.sleep
    context: Mapping[str, Json] = field(default_factory=dict)

    def start(self) -> str:
        """Check everything that can be checked before a write, then run. Returns the run's id.

        RefusedError (a guard, drift) and InputError before anything was written. IncompleteError where the
        journal could not be written any more or another process took the run over.
        """
        self.progress.step(0, len(self.plan.changes), "checking the plan against the live state")
        refuse_blocked(self.plan)
        refuse_unlike(self.plan)
        refuse_drift(self.plan, self.clouds)
        refuse_blocked_now(self.plan, self.clouds)
        run = self.journal.begin(self.plan, self.context)
        self._closing(run, Done())
        return run

    def resume(self, run: str) -> str:
        """Go on with an interrupted run. What it wrote already is recognised, not written again."""
        refuse_unlike(self.plan)
        self.journal.take_over(run)
        self._closing(run, done_before(self.journal.of(run)))
        return run

    # The run

    def _closing(self, run: str, done: Done) -> None:
        """Carry the plan out, and close the run even where a bug of ours ends it: the process may live on
        (the screens do), and a run that nobody carries on must not look as if it were under way."""
        hands = Hands(self.clouds, self.journal, run, self.sleep, self.progress)
        try:
            with Heartbeat(self.journal, run):
                self._carry_out(hands, done)
        except FencedError as error:
            raise self._alarm(hands, error) from None
        except LaidDown as ending:
            note = f"{ending}; when that is mended: hipaa-tui resume {run}, or hipaa-tui rollback {run}"
            self.journal.lay_down(run, note)
        except StoreError as error:
            self._learn_whether_fenced(hands)
            raise IncompleteError(
                f"{error}; the run stopped there, and nothing is sent without a record: "
                f"when that is mended, `hipaa-tui resume {run}` goes on"
            ) from None
        except Exception as error:
            with suppress(HipaaTuiError):
                wrote = self._wrote(run)
                note = f"stopped by an error ({type(error).__name__}); {_next_step(run, wrote)}"
                self.journal.finish(run, RunState.PARTIAL if wrote else RunState.STOPPED, note)
            raise

    def _learn_whether_fenced(self, hands: Hands) -> None:
        """After a lost connection to the store: FencedError where another worker has the run by now."""
        try:
            self.journal.hold(hands.run)
        except FencedError as error:
            raise self._alarm(hands, error) from None
        except StoreError:
            return  # still out of reach: the sentence about it is what there is to say

    def _alarm(self, hands: Hands, error: FencedError) -> FencedError:
        """Another worker has the run. Put on record which call may have been made without a right to it."""
        with suppress(HipaaTuiError):
            self.journal.alarm(hands.run, hands.in_flight)
        if not hands.in_flight:
            return FencedError(f"ALARM: {error}; it had made no call without the lease")
        return FencedError(
            f"ALARM: {error}; its call {hands.in_flight['call']} on {hands.in_flight['resource']} may have been "
            f"made after that: look with `hipaa-tui verify {hands.run}`"
        )

    def _carry_out(self, hands: Hands, done: Done) -> None:
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
            note = "stopped by the operator; " + _next_step(run, wrote)
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
            self.journal.finish(run, RunState.DONE if work.sure else RunState.UNVERIFIED)
            return
        wrote = self._wrote(run)
        parts = [
            f"{work.lost.count} changes failed or were not confirmed, and what builds on them was left alone"
        ]
        if work.undone:
            parts.append(f"{work.undone} changes of a failed fix were put back")
        parts += work.stays
        note = "; ".join([*parts, _next_step(run, wrote)])
        self.journal.finish(run, RunState.PARTIAL if wrote else RunState.STOPPED, note)

    def _wrote(self, run: str) -> bool:
        """May anything that was written still stand? A call that the cloud refused counts too: it was sent."""
        return bool(written(self.journal.of(run)))


@dataclass
class _Work:
    """The changes of one run in order: what is done, what is lost, what each was assigned."""

    plan: Plan
    hands: Hands
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
        """What an earlier worker finished has to stand still: who takes a run over believes no record."""
        last = {(c.setting, c.target.key): c for c in self.plan.changes if c.id in self.done.finished}
        for number, change in enumerate(last.values()):
            progress.step(number, len(last), f"looking again: {_what(change)}")
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
        """Fixes that a guard blocks by now, though it did not when the plan was made."""
        for change in self.plan.changes:
            if change.group in blocked and not self.lost.takes(change):
                self.note(Stop(FAILED, change, blocked[change.group]))
                self.lost.add(change)

    def take(self, change: Change) -> None:
        """One change, unless it is done or lost. Stop ends the run."""
        if change.id in self.done.finished or self.lost.takes(change):
            if change.id in self.done.finished and change.id in self.done.begun:
                self.goals[change.id] = self._goal(change)
            return
        try:
            verified = self._one(change)
        except Stop as stop:
            if stop.kind != FAILED:
                raise
            # A refusal is this fix's alone: it is put back, and fixes that do not build on it go on.
            self.note(stop)
            self.lost.add(change)
            self._put_back(change)
            return
        if not verified:
            self.sure = False
            # What builds on it (take the broad role away once the narrow one holds) has to wait for a person.
            if self._builds_on(change):
                self.lost.add(change)

    def note(self, stop: Stop) -> None:
        self.hands.record(stop.kind, stop.change, {"reason": stop.reason, **stop.body})

    def _builds_on(self, change: Change) -> bool:
        """Does any later change need this one?"""
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
        """The change with what an earlier one of this plan made in its earlier value, too."""
        if not any(references(change.before)):
            return change
        try:
            return replace(
                change, before=resolve(change.before, lambda id, name: known(self.assigned, id, name))
            )
        except KeyError:
            return change

    def _one(self, change: Change) -> bool:
        """One change. Is it verified? Stop where it failed or drifted."""
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
        return self._verify(one, change, after)

    def _refuse_others(self, one: Setting, change: Change, live: Reading, after: Json, begun: bool) -> None:
        """Stop where the live value is neither the earlier one nor on this run's own way from it."""
        half = begun and any(
            one.same(live.value, value) for value in one.between(change.target, change.before, after)
        )
        # What this run made has the cloud's defaults at first, and nobody else's values.
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
    """The calls from what stands there, none of a kind that the plan does not have."""
    try:
        calls = one.calls(change.target, live, after)
    except ValueError as error:
        raise Stop(FAILED, change, str(error)) from None
    planned = {(call.service, call.operation) for call in change.calls}
    if not {(call.service, call.operation) for call in calls} <= planned:
        raise Stop(DRIFTED, change, f"{change.target.name}: other calls are needed than were approved")
    return calls


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


def known(assigned: Mapping[str, Mapping[str, Json]], id: str, name: str) -> Json:
    """What an earlier change was assigned. KeyError where that is not known."""
    value = at(dict(assigned.get(id, {})), name)
    if value is None:
        raise KeyError(f"what change {id} made ({name})")
    return value


def _what(change: Change) -> str:
    return f"{change.verb} {setting(change.setting).title} of {change.target.name}"


def _next_step(run: str, wrote: bool) -> str:
    if not wrote:
        return "nothing is changed"
    return f"`hipaa-tui rollback {run}` puts back what was changed, or plan again and apply the rest"
