"""Determines from a run's records how far an earlier worker got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hipaa_tui.journal.journal import Record
from hipaa_tui.plans.model import Plan
from hipaa_tui.runs.outcomes import ACCEPTED
from hipaa_tui.support.json_value import Json


@dataclass
class Done:
    """`begun`: the intent is recorded. `finished`: verified or already in place. `assigned`: by change, what the cloud
    assigned. Changes that were undone after a failure are in none of these."""

    begun: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    assigned: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    accepted: dict[str, str] = field(default_factory=dict)
    """By change, the URL of a long-running operation without a recorded outcome."""
    any: bool = False

    def untouched(self, plan: Plan) -> set[str]:
        """The groups of which no change was begun."""
        touched = {change.group for change in plan.changes if change.id in self.begun | self.finished}
        return {group.id for group in plan.groups} - touched


def done_before(records: Sequence[Record]) -> Done:
    """The progress in the records of one run."""
    done = Done(any=True)
    for record in records:
        change = str(record.body.get("change", ""))
        if record.kind == ACCEPTED:
            done.accepted[change] = str(record.body.get("operation", ""))
        elif change:
            done.accepted.pop(change, None)
        match record.kind:
            case "change.intent":
                done.begun.add(change)
            case "change.verified" | "change.skipped":
                done.finished.add(change)
                done.assigned[change] = record.body.get("identity", {})
            case "change.undoing":
                done.finished.discard(change)
            case "change.undone":
                done.finished.discard(change)
                done.begun.discard(change)
    return done


def written(records: Sequence[Record]) -> set[str]:
    """The changes that may be in place; a call that the cloud refused counts, too: it was sent."""
    left: set[str] = set()
    for record in records:
        if record.kind in {"change.intent", "change.outcome"}:
            left.add(str(record.body["change"]))
        elif record.kind == "change.undone":
            left.discard(str(record.body["change"]))
    return left
