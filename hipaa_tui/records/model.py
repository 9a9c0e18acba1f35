"""What a change record is made from: the plan, who approved it, the patch, the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hipaa_tui.plans.model import Plan
from hipaa_tui.support.json_value import Json


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A change of the plan that the patch does not carry, and why."""

    change: str
    resource: str
    reason: str

    def as_json(self) -> dict[str, Json]:
        return {"change": self.change, "resource": self.resource, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval of the plan. `reason` says why it does not count here and now, "" where it does."""

    name: str
    at: str
    comment: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Patched:
    """What a patch adds to its plan. `addresses` are by change id; changes without any are not in the patch."""

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
    """How one change of a run ended, and when a fresh look confirmed it ("" where none did)."""

    state: str
    verified: str
    at: str
    note: str


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run adds to its plan. `changes` are by their ids; `head` is where the journal ends."""

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
class Told:
    """Everything that a record is about. `part` are the ids of the changes that it is about, None: all."""

    plan: Plan
    approvals: Sequence[Approved] = ()
    patched: Patched | None = None
    ran: Ran | None = None
    part: frozenset[str] | None = field(default=None)
