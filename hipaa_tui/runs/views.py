"""Reads the journal into views: what a run did, change by change, in the words of screens and scripts."""

from __future__ import annotations

from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.runs.journal import Journal, Record, RunRow
from hipaa_tui.runs.model import ChangeState, ChangeView, RunState, RunView

_STATES = {
    "change.intent": ChangeState.WRITING,
    "change.outcome": ChangeState.APPLIED,
    "change.verified": ChangeState.APPLIED,
    "change.unverified": ChangeState.APPLIED,
    "change.skipped": ChangeState.SKIPPED,
    "change.drifted": ChangeState.DRIFTED,
    "change.failed": ChangeState.FAILED,
}


def view(journal: Journal, row: RunRow, undone_by: str = "") -> RunView:
    """The run as one can tell it."""
    found = journal.of(row.id)
    plan = Plan.from_json(found[0].body["plan"])
    return RunView(
        run=row.id,
        kind=row.kind,
        plan=row.plan,
        of_run=row.of_run,
        state=RunState.INTERRUPTED if row.interrupted else row.state,
        started=row.started,
        ended=row.ended,
        changes=tuple(_change(change, found) for change in plan.changes),
        rolled_back_by=undone_by,
        note=row.note,
    )


def views(journal: Journal) -> list[RunView]:
    """Every run, latest first."""
    rows = journal.rows()
    undone = {
        row.of_run: row.id
        for row in rows
        if row.kind == "rollback" and row.state in {RunState.DONE, RunState.UNVERIFIED}
    }
    return [view(journal, row, undone.get(row.id, "")) for row in rows]


def wrote(records: list[Record], change: str) -> bool:
    """Did the run (perhaps) write this change?"""
    return any(r.kind in {"change.intent", "change.outcome"} and r.body["change"] == change for r in records)


def _change(change: Change, found: list[Record]) -> ChangeView:
    state, verified, note = ChangeState.PENDING, None, ""
    for record in found:
        if record.body.get("change") != change.id or record.kind not in _STATES:
            continue
        state = _STATES[record.kind]
        note = str(record.body.get("reason", ""))
        if record.kind in {"change.verified", "change.skipped"}:
            verified = True
        elif record.kind in {"change.unverified", "change.drifted", "change.failed"}:
            verified = False
    return ChangeView(change.id, change.setting, change.target.id, state, verified, note)
