"""Builds RunViews from the journal: what a run did, change by change."""

from __future__ import annotations

from hipaa_tui.journal.journal import Journal, Record, RunRow
from hipaa_tui.journal.states import RunState
from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.runs.model import ChangeState, ChangeView, RunView

_STATES = {
    "change.intent": ChangeState.WRITING,
    "change.outcome": ChangeState.APPLIED,
    "change.verified": ChangeState.APPLIED,
    "change.unverified": ChangeState.APPLIED,
    "change.skipped": ChangeState.SKIPPED,
    "change.drifted": ChangeState.DRIFTED,
    "change.failed": ChangeState.FAILED,
    "change.undoing": ChangeState.WRITING,
    "change.undone": ChangeState.UNDONE,
    "change.undo-failed": ChangeState.APPLIED,
    "change.kept": ChangeState.APPLIED,
}
_COMPENSATION = {"change.undoing", "change.undone", "change.undo-failed", "change.kept"}
_PUT_BACK = "undone, since a later change of the same fix failed"


def view(journal: Journal, row: RunRow, undone_by: str = "") -> RunView:
    """The view of a run. `undone_by` is the run that rolled it back."""
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
        note=_note(row, found),
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


def _note(row: RunRow, found: list[Record]) -> str:
    """The run's note, and every alarm about it."""
    alarms = [
        f"ALARM: {r.body['worker']} had lost the run; its last call was {r.body.get('call', 'none')} "
        f"on {r.body.get('resource', 'nothing')}, which may have come after that"
        for r in found
        if r.kind == "run.alarm"
    ]
    return "; ".join(part for part in (row.note, *alarms) if part)


def _change(change: Change, found: list[Record]) -> ChangeView:
    state, verified, note = ChangeState.PENDING, None, ""
    for record in found:
        if record.body.get("change") != change.id or record.kind not in _STATES:
            continue
        if record.kind in _COMPENSATION and state is ChangeState.FAILED:
            continue  # the very change that failed: whether what it half did was put back is in the run's note
        state = _STATES[record.kind]
        note = _PUT_BACK if record.kind == "change.undone" else str(record.body.get("reason", ""))
        if record.kind in {"change.verified", "change.skipped"}:
            verified = True
        elif record.kind in {"change.unverified", "change.drifted", "change.failed"}:
            verified = False
        elif record.kind in {"change.undone", "change.undo-failed"}:
            verified = None
    return ChangeView(change.id, change.setting, change.target.id, state, verified, note)
