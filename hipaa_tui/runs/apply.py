"""Carries a plan out: looks afresh, journals the intent, calls, journals the outcome, verifies.

The rules (each has a test): the prior values are journaled before the first write. Before each write
the live value is compared: equal to *after* → done already, nothing is written; equal to *before* →
write; anything else → stop for a human. The intent is committed before the call and the outcome after
it. A call that succeeded says little: only a fresh read counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hipaa_tui.errors import InputError, RefusedError
from hipaa_tui.json_value import ABSENT, OWN_ANSWER, Json, at, references, resolve
from hipaa_tui.plans.diff import words
from hipaa_tui.plans.guards.ask import ask
from hipaa_tui.plans.guards.model import Draft
from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.plans.overlay import Overlay
from hipaa_tui.plans.planner import blocked_reasons
from hipaa_tui.runs.journal import Journal, Record
from hipaa_tui.runs.model import RunState
from hipaa_tui.settings.live import Reader, fresh
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


@dataclass
class _Lost:
    """The changes that failed, and which later ones build on them."""

    groups: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    count: int = 0

    def __bool__(self) -> bool:
        return bool(self.ids)

    def add(self, change: Change) -> None:
        """A change failed: the rest of its group, and whatever is about the same setting or new resource, is lost."""
        self.count += 1
        self._lose(change)

    def takes(self, change: Change) -> bool:
        """Does the change build on one that is lost? Then it is lost too."""
        builds = (
            change.group in self.groups
            or bool(self.touched & {change.target.key, f"{change.setting} {change.target.key}"})
            or any(id in self.ids for id, _ in references(change.after))
        )
        if builds:
            self._lose(change)
        return builds

    def _lose(self, change: Change) -> None:
        self.groups.add(change.group)
        self.ids.add(change.id)
        self.touched.add(f"{change.setting} {change.target.key}")
        if change.verb == "create" and setting(change.setting).creates_resource:
            self.touched.add(change.target.key)


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
        self._refuse_drift()
        self._ask_again()
        run = self.journal.begin(self.plan)
        self._carry_out(run, [])
        return run

    def resume(self, run: str) -> str:
        """Go on with an interrupted run. What it wrote already is recognised, not written again."""
        refuse_unlike(self.plan)
        self.journal.take_over(run)
        self._carry_out(run, self.journal.of(run))
        return run

    # Before the first write

    def _refuse_drift(self) -> None:
        """RefusedError where a resource stands neither as planned from nor as planned to."""
        read = Reader(self.clouds)
        seen: set[tuple[str, str]] = set()
        made: set[str] = set()
        found: list[str] = []
        for change in self.plan.changes:
            one = setting(change.setting)
            key = (change.setting, change.target.key)
            if key in seen or (change.target.key in made and not one.creates_resource):
                continue  # an earlier change of this plan prepares it
            seen.add(key)
            if one.creates_resource and change.verb == "create":
                made.add(change.target.key)
            try:
                live = read(change.setting, change.target)
            except CloudError as error:
                raise RefusedError(
                    f"{change.target.name}: cannot be read ({error}); nothing was changed"
                ) from None
            if not one.same(live.value, change.before) and not _stands(one, change, live.value):
                found.append(_drift(one, change, live.value, change.after))
        if found:
            raise RefusedError(
                "the live state is not what the plan was made from; nothing was changed, plan again. "
                + " | ".join(found)
            )

    def _ask_again(self) -> None:
        """The guards once more, since a plan may be hours old. RefusedError where one blocks now."""
        read = Overlay(Reader(self.clouds))
        for group in self.plan.groups:
            changes = [change for change in self.plan.changes if change.group == group.id]
            if not changes or not group.guards:
                continue
            main = next((c.target for c in changes if c.target.id == group.resource), changes[0].target)
            results = ask(
                group.guards,
                cloud=self.clouds[main.provider],
                target=main,
                changes=[Draft(c.setting, c.target, c.before, c.after) for c in changes],
                parameters=group.parameters,
                read=read,
            )
            blocks = [f"{result.guard}: {result.reason}" for result in results if result.outcome == "block"]
            if blocks:
                raise RefusedError(f"{main.name}: {'; '.join(blocks)}; nothing was changed")
            for change in changes:
                read.plan(change.id, change.setting, change.target, change.reading, Reading(change.after))

    # The run

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
        lost = _Lost()
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
                    "change.drifted", change, _drift(one, change, live.value, after), {"found": live.value}
                )
            self._write(run, one, change, live, after)
            if one.creates_resource and change.before is ABSENT:
                self.made.add(change.target.key)
        return True, self._verify(run, one, change, after, assigned)

    def _write(self, run: str, one: Setting, change: Change, live: Reading, after: Json) -> None:
        try:
            calls = one.calls(change.target, live, after)
        except ValueError as error:
            raise _Stop(FAILED, change, str(error)) from None
        planned = [(call.service, call.operation) for call in change.calls]
        if not {(call.service, call.operation) for call in calls} <= set(planned):
            raise _Stop(
                "change.drifted", change, f"{change.target.name}: other calls are needed than were approved"
            )
        self.journal.append(run, "change.intent", {"change": change.id, "calls": calls_as_json(calls)})
        answers: dict[str, Json] = {}
        for call in calls:
            ready = replace(call, arguments=resolve(dict(call.arguments), _answered(answers)))
            answers.update(self._call(one, change, ready, after))
        self.journal.append(run, "change.outcome", {"change": change.id})

    def _call(self, one: Setting, change: Change, call: Call, after: Json) -> dict[str, Json]:
        """The answer to one call, which is made again where it failed for a passing reason without effect."""
        deadline = one.settle_seconds
        wait = FIRST_WAIT
        tries = 0
        while True:
            try:
                return self.clouds[change.target.provider].call(call)
            except CloudError as error:
                tries += 1
                early = error.code in one.retry_codes and deadline > 0
                if error.transient and one.same(self._look(change).value, after):
                    return {}  # the answer was lost, not the effect
                if not early and (not error.transient or tries >= TRIES):
                    raise _Stop(FAILED, change, f"{change.target.name}: {error}") from None
                self.sleep(wait)
                deadline -= wait
                wait = min(wait * 2, LONGEST_WAIT)

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


def refuse_unlike(plan: Plan) -> None:
    """InputError where this version would make other calls than the plan says: it must be made again."""
    for change in plan.changes:
        try:
            calls = setting(change.setting).calls(change.target, change.reading, change.after)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"the plan's change {change.id} makes no sense to this version ({error}): plan again"
            ) from None
        if calls_as_json(calls) != calls_as_json(change.calls):
            raise InputError(
                f"this version of hipaa-tui would make other calls for {change.target.name} than the plan says: plan again"
            )


def refuse_blocked(plan: Plan) -> None:
    """RefusedError where a guard blocks any of the plan's changes, or nothing is left to change."""
    reasons = blocked_reasons(plan)
    if reasons:
        raise RefusedError(
            f"{len({c.group for c in plan.blocked})} of {len(plan.groups)} fixes are blocked by a guard; "
            f"nothing was changed. {' | '.join(reasons)}"
        )
    if not plan.changes:
        raise RefusedError("the plan changes nothing; " + _why_nothing(plan))


def _why_nothing(plan: Plan) -> str:
    reasons = sorted({skipped.reason for skipped in plan.skipped})
    return "; ".join(reasons[:5]) or "there was nothing to plan"


def _stands(one: Setting, change: Change, value: Json) -> bool:
    """Is the wanted value there already (as far as it is known before apply)?"""
    return not any(references(change.after)) and one.same(value, change.after)


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


def _drift(one: Setting, change: Change, found: Json, wanted: Json) -> str:
    return (
        f"{one.title} of {change.target.name}: before was {words(one.display(change.before))[:400]}, "
        f"wanted is {words(one.display(wanted))[:400]}, found {words(one.display(found))[:400]}"
    )


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
