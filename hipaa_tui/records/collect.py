"""Collects the facts for the record of a plan or a run: approvals, results, the journal's head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hipaa_tui.journal.journal import Journal, Record
from hipaa_tui.plans.model import Plan
from hipaa_tui.policy.admission import Admission
from hipaa_tui.policy.approvals import Approval, approval_from
from hipaa_tui.records.model import Approved, Done, Ran, RecordData
from hipaa_tui.records.record import write
from hipaa_tui.runs.model import RunView

_LOOKED = {"change.verified", "change.unverified", "change.skipped"}
_WORDS = {True: "verified", False: "not verified", None: "not checked"}


class RecordCollector:
    """Writes the records of this home's plans and runs. `templates` is the team's folder of templates."""

    def __init__(self, journal: Journal, gate: Admission, templates: Path | None) -> None:
        self._journal = journal
        self._gate = gate
        self._templates = templates

    def of_plan(self, plan: Plan, format: str) -> str:
        """The record of a plan that has not been applied. InputError if a template is invalid."""
        return self.written(RecordData(plan, self.approvals(plan)), format)

    def of_run(self, run: RunView, format: str) -> str:
        """The record of a run. InputError if a template is invalid."""
        found = self._journal.of(run.run)
        context: dict[str, Any] = found[0].body.get("context") or {}
        head = self._journal.head()
        looked = {record.body.get("change"): record.at for record in found if record.kind in _LOOKED}
        ran = Ran(
            run=run.run,
            state=run.state.value,
            started=run.started,
            ended=run.ended,
            by=_who(context.get("by") or {}),
            changes={
                one.id: Done(one.state.value, _WORDS[one.verified], looked.get(one.id, ""), one.note)
                for one in run.changes
            },
            head=f"record {head.seq}, hash {head.hash}",
            note=run.note,
            rolled_back_by=run.rolled_back_by,
        )
        return self.written(RecordData(_plan(found), _counted(context), ran=ran), format)

    def written(self, told: RecordData, format: str) -> str:
        """The record in this format, by the team's template if there is one."""
        return write(told, format, self._templates)

    def approvals(self, plan: Plan) -> tuple[Approved, ...]:
        """Every approval of the plan in the journal; invalid ones with the reason."""
        return tuple(_approved(one.approval, one.name, one.reason) for one in self._gate.approvals(plan))


def _plan(found: list[Record]) -> Plan:
    return Plan.from_json(found[0].body["plan"])


def _approved(approval: Approval, name: str, reason: str = "") -> Approved:
    return Approved(name, f"{approval.at:%Y-%m-%d %H:%M}", approval.comment, reason)


def _counted(context: dict[str, Any]) -> tuple[Approved, ...]:
    """The approvals that were recorded with the run."""
    found = []
    for statement in context.get("approvals") or ():
        try:
            approval = approval_from(statement)
        except ValueError:
            continue
        found.append(_approved(approval, approval.approver))
    return tuple(found)


def _who(by: dict[str, Any]) -> str:
    where = "@".join(str(by[name]) for name in ("user", "host") if by.get(name))
    name = str(by.get("name") or "")
    return f"{name} ({where})" if name and where and name != where else name or where
