"""A run as screens and scripts show it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from hipaa_tui.journal.states import RunState
from hipaa_tui.support.json_value import Json


class ChangeState(enum.StrEnum):
    """The state of a run's change. The values are part of the contract for scripts (README)."""

    PENDING = "pending"  # not reached
    WRITING = "writing"  # intent journaled, outcome not (or the process died there)
    APPLIED = "applied"  # written by this run
    SKIPPED = "skipped"  # stood at its wanted value already: nothing written
    DRIFTED = "drifted"  # found neither the earlier nor the wanted value: nothing written
    FAILED = "failed"  # the cloud refused or failed the call
    UNDONE = "undone"  # written, and put back since a later change of the same fix failed


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change of a run. `verified` is None until a fresh read has checked it."""

    id: str
    setting: str
    resource: str
    state: ChangeState
    verified: bool | None
    note: str

    def as_json(self) -> dict[str, Json]:
        return {
            "id": self.id,
            "setting": self.setting,
            "resource": self.resource,
            "state": self.state.value,
            "verified": self.verified,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class RunView:
    """One run. `kind` is apply or rollback; `rolled_back_by` names the later run that undid it."""

    run: str
    kind: str
    plan: str
    of_run: str
    state: RunState
    started: str
    ended: str
    changes: tuple[ChangeView, ...]
    rolled_back_by: str = ""
    note: str = ""

    def as_json(self) -> dict[str, Json]:
        return {
            "run": self.run,
            "kind": self.kind,
            "plan": self.plan,
            "of_run": self.of_run,
            "state": self.state.value,
            "started": self.started,
            "ended": self.ended,
            "rolled_back_by": self.rolled_back_by,
            "note": self.note,
            "changes": [change.as_json() for change in self.changes],
        }
