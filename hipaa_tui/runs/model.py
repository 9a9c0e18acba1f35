"""What one can say about a run, for screens and scripts alike."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from hipaa_tui.errors import IncompleteError
from hipaa_tui.json_value import Json


class FencedError(IncompleteError):
    """Another worker has the run: this one must not write, and says what it may have written last."""


class ChangeState(enum.StrEnum):
    """How far one change of a run came."""

    PENDING = "pending"  # not reached
    WRITING = "writing"  # intent journaled, outcome not (or the process died there)
    APPLIED = "applied"  # written by this run
    SKIPPED = "skipped"  # stood at its wanted value already: nothing written
    DRIFTED = "drifted"  # found neither the earlier nor the wanted value: nothing written
    FAILED = "failed"  # the cloud refused or failed the call
    UNDONE = "undone"  # written, and put back since a later change of the same fix failed


class RunState(enum.StrEnum):
    """How a run stands."""

    RUNNING = "running"
    DONE = "done"  # every change applied or skipped, and verified
    UNVERIFIED = "unverified"  # all written, but not every fresh look confirms it
    PARTIAL = "partial"  # stopped after at least one write
    STOPPED = "stopped"  # nothing is changed: stopped before any write, or what was written was put back
    INTERRUPTED = "interrupted"  # nobody runs it any more: resume it or roll it back


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change of a run. `verified` is None until a fresh look was taken."""

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
