"""The input of a change record: the plan, its approvals, the patch, the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hipaa_tui.plans.model import Plan
from hipaa_tui.support.json_value import Json


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A change of the plan that is not in the patch, and why."""

    change: str
    resource: str
    reason: str

    def as_json(self) -> dict[str, Json]:
        return {"change": self.change, "resource": self.resource, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval of the plan. `reason` says why it is not valid, or ""."""

    name: str
    at: str
    comment: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Patched:
    """A record's facts about a patch. `addresses` are by change id; changes without any are not in the patch."""

    branch: str
    addresses: Mapping[str, Sequence[str]]
    left_out: Sequence[LeftOut] = ()
    files: Sequence[str] = ()
    imported: Sequence[str] = ()
    created: Sequence[str] = ()
    notes: Sequence[str] = ()
    terraform: str = ""
    hooks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The result of one change of a run, and when a fresh read verified it ("" if none did)."""

    state: str
    verified: str
    at: str
    note: str


@dataclass(frozen=True, slots=True)
class Ran:
    """A record's facts about a run. `changes` are by id; `head` is the journal's last record."""

    run: str
    state: str
    started: str
    ended: str
    by: str
    changes: Mapping[str, Done]
    head: str
    note: str = ""
    rolled_back_by: str = ""


@dataclass(frozen=True, slots=True)
class RecordData:
    """Everything that a record is about. `part`: the ids of the changes that it covers; None: all."""

    plan: Plan
    approvals: Sequence[Approved] = ()
    patched: Patched | None = None
    ran: Ran | None = None
    part: frozenset[str] | None = field(default=None)
