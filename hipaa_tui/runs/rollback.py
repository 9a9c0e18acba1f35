"""Computes the plan that restores the earlier values, from a run's journal and the live configuration.

A rollback is a plan like any other: previewed, approved, applied, journaled and verified. A change whose value was
changed since the run is blocked.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from hipaa_tui.clouds import call_description
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.journal.journal import Journal, Record
from hipaa_tui.plans.diff import words
from hipaa_tui.plans.model import Change, Group, Plan, Skipped
from hipaa_tui.plans.run_guards import EVERYWHERE
from hipaa_tui.providers.guard import GuardResult, Outcome
from hipaa_tui.providers.model import CloudError, Clouds, Progress, Reading, Setting, Silent
from hipaa_tui.providers.registry import setting
from hipaa_tui.runs.apply import known
from hipaa_tui.runs.resume_point import written
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import ABSENT, Json, references, resolve
from hipaa_tui.support.redaction import redact, redact_text

EARLIER: Final = "already has its earlier value"
STAYS: Final = "stays: "
_ASKED: Final = ("caller-account", "permitted")
"""The default guards that apply to a rollback. Who else manages the resource does not matter for it."""
GUARD: Final = "unchanged-since"
"""Name of the guard that blocks if a value is no longer the one that the run left."""


def rollback_plan(journal: Journal, run: str, clouds: Clouds, progress: Progress | None = None) -> Plan:
    """The plan that undoes a run, last change first. InputError if there is nothing to undo.

    For an interrupted run that changed nothing it is empty; applying it closes the run.
    """
    progress = progress or Silent()
    row = journal.row(run)
    found = journal.of(row.id)
    plan = Plan.from_json(found[0].body["plan"])
    if row.state.value == "running" and not row.interrupted:
        raise InputError(f"run {row.id} is in progress; wait until it has ended")
    mine = written(found)
    touched = [change for change in plan.changes if change.id in mine]
    if not touched and not row.interrupted:
        raise InputError(f"run {row.id} wrote nothing, so there is nothing to roll back")
    read = SettingReader(clouds)
    overlay: dict[tuple[str, str], Reading] = {}
    changes: list[Change] = []
    skipped: list[Skipped] = []
    stays = {
        change.target.key
        for change in touched
        if change.before is ABSENT
        and setting(change.setting).creates_resource
        and setting(change.setting).kept_on_rollback
    }
    for number, change in enumerate(reversed(touched)):
        one = setting(change.setting)
        progress.step(number, len(touched), f"reading {one.title} of {change.target.name}")
        key = (change.setting, change.target.key)
        if change.target.key in stays and change.before is ABSENT and not one.creates_resource:
            reason = f"{STAYS}it protects a resource that the run created and that is kept"
            skipped.append(Skipped(change.id, change.target.id, change.playbook, reason))
            continue
        try:
            live = overlay.get(key) or read(change.setting, change.target)
        except CloudError as error:
            live = None
            reason = redact_text(f"the live state could not be read: {error}")
        made = _undo(one, change, live, f"c{len(changes) + 1}", found) if live is not None else reason
        if isinstance(made, str):
            skipped.append(Skipped(change.id, change.target.id, change.playbook, made))
            continue
        changes.append(made)
        overlay[key] = Reading(made.after, made.identity)
    return Plan(
        kind="rollback",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        changes=tuple(changes),
        groups=_groups(plan, changes, row.id),
        skipped=tuple(skipped),
        of_run=row.id,
    )


def leaves_nothing(plan: Plan) -> bool:
    """Is it the rollback of a run that left nothing to undo?"""
    return (
        bool(plan.of_run)
        and not plan.changes
        and all(skipped.reason == EARLIER or skipped.reason.startswith(STAYS) for skipped in plan.skipped)
    )


def _undo(one: Setting, change: Change, live: Reading, id: str, found: list[Record]) -> Change | str:
    """The change that restores the earlier value, or why there is none."""
    if any(references(change.before)):
        # It contains what an earlier change of the run created.
        before = resolve(change.before, lambda made, name: _known_then(found, made, name))
        change = replace(change, before=before)
    if one.same(live.value, change.before):
        return EARLIER
    if change.before is ABSENT and one.kept_on_rollback:
        return f"{STAYS}{one.kept_on_rollback}"
    try:
        calls = one.calls(change.target, live, change.before)
    except ValueError as error:
        return f"cannot be undone: {error}"
    after = resolve(change.after, lambda made, name: _known_then(found, made, name))
    final = one.cannot_be_undone(live.value, change.before)
    ours = one.same(live.value, after) or any(
        one.same(live.value, value) for value in one.between(change.target, change.before, after)
    )
    guard = (
        GuardResult(GUARD, Outcome.PASS, "the value is the one that the run left")
        if ours
        else GuardResult(
            GUARD,
            Outcome.BLOCK,
            "it was changed since the run: the run left "
            f"{words(redact(one.display(after)))[:300]}, found {words(redact(one.display(live.value)))[:300]}; "
            "change it by hand or by a new plan",
        )
    )
    return Change(
        id=id,
        group=change.group,
        playbook=change.playbook,
        setting=change.setting,
        target=change.target,
        findings=change.findings,
        before=live.value,
        after=change.before,
        identity=dict(live.identity),
        complies=None,
        calls=tuple(calls),
        permissions=call_description.permissions(calls),
        rollback_permissions=(),
        guards=(guard,),
        reversible=not final,
        reversal=final or "plan and apply the original fix again",
        irreversible=final,
    )


def _known_then(found: list[Record], change: str, name: str) -> Json:
    """A field that the cloud assigned to an earlier change of the run; unknown if it was not made."""
    identities = {r.body["change"]: r.body["identity"] for r in found if "identity" in r.body}
    try:
        return known(identities, change, name)
    except KeyError:
        return ""


def _groups(plan: Plan, changes: list[Change], run: str) -> tuple[Group, ...]:
    mine = {change.group for change in changes}
    return tuple(
        Group(
            id=group.id,
            playbook=group.playbook,
            title=f"Undo: {group.title}",
            why=f"Undoes the changes of run {run}. The finding will be open again.",
            resource=group.resource,
            controls=group.controls,
            findings=group.findings,
            parameters={},
            effects={
                "downtime": "none expected: the resource ran with these values before",
                "cost": "none",
                "limits": "The finding is open again.",
                "risk": group.effects.get("risk", "medium"),
            },
            guards=tuple({"name": name, "arguments": {}} for name in EVERYWHERE if name in _ASKED),
        )
        for group in plan.groups
        if group.id in mine
    )
