"""The short labels and signs that several screens share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipaa_tui.plans.model import Change, Plan
    from hipaa_tui.runs.model import ChangeView, RunView
    from hipaa_tui.workbench import QueueRow

SEVERITIES = {
    "critical": ("CRIT", "bad"),
    "high": ("HIGH", "bad"),
    "medium": ("MED", "warn"),
    "low": ("LOW", "muted"),
    "informational": ("INFO", "muted"),
}
"""Severity → its short form and tone."""

STATE_TONES = {
    "open": "plain",
    "fixed": "good",
    "unverified": "warn",
    "attested": "good",
    "excepted": "muted",
    "gone": "muted",
    "not reached": "warn",
}

GUARD_SIGNS = {"pass": ("✓ pass", "good"), "warn": ("! warn", "warn"), "block": ("✗ BLOCK", "bad")}
"""Guard outcome → sign and word, and tone."""

CHANGE_SIGNS = {
    "pending": ("· pending", "muted"),
    "writing": ("> writing", "warn"),
    "applied": ("✓ applied", "good"),
    "skipped": ("✓ already set", "good"),
    "drifted": ("! drifted", "warn"),
    "failed": ("✗ failed", "bad"),
    "undone": ("< undone", "warn"),
}

RUN_TONES = {
    "running": "warn",
    "done": "good",
    "unverified": "warn",
    "partial": "bad",
    "stopped": "warn",
    "interrupted": "bad",
}


def count(number: int, singular: str, plural: str = "") -> str:
    """ "1 change", "1,204 changes"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def urgency(row: QueueRow) -> str:
    """ "92 HIGH"."""
    short, _ = SEVERITIES.get(row.severity.lower(), (row.severity.upper()[:4], "plain"))
    return f"{row.priority:>3} {short}"


def severity_tone(row: QueueRow) -> str:
    return SEVERITIES.get(row.severity.lower(), ("", "plain"))[1]


def accounts(changes: Iterable[Change]) -> str:
    """ "account 123456789012", "subscription 0000…"."""
    names: dict[str, set[str]] = {}
    for change in changes:
        word = "subscription" if change.target.provider == "azure" else "account"
        names.setdefault(word, set()).add(change.target.account)
    return " and ".join(
        f"{word if len(ids) == 1 else word + 's'} {', '.join(sorted(ids))}"
        for word, ids in sorted(names.items())
    )


def extent(plan: Plan) -> str:
    """ "4 changes to 2 resources in account 123456789012"."""
    if not plan.changes:
        return "no changes"
    resources = len({change.target.key for change in plan.changes})
    where = accounts(plan.changes)
    return f"{count(len(plan.changes), 'change')} to {count(resources, 'resource')} in {where}"


def verdict(change: ChangeView) -> tuple[str, str]:
    """The state of a run's change as a label, with its tone."""
    words, tone = CHANGE_SIGNS[change.state.value]
    if change.verified is True:
        return ("✓ verified" if change.state.value != "skipped" else words), "good"
    if change.verified is False and change.state.value in {"applied", "skipped"}:
        return "! not verified", "warn"
    return words, tone


def moment(stamp: str) -> str:
    """An ISO time as "2026-01-31 09:15:02 UTC"."""
    head = stamp[:19].replace("T", " ")
    return f"{head} UTC" if stamp.endswith(("+00:00", "Z")) else head


def outcome(run: RunView) -> str:
    """The outcome of a run in one or two sentences."""
    total = len(run.changes)
    written = sum(change.state.value == "applied" for change in run.changes)
    unchanged = sum(change.state.value == "skipped" for change in run.changes)
    extra = f", {unchanged} already set" if unchanged else ""
    match run.state.value:
        case "done":
            return f"Done: {written} of {count(total, 'change')} made{extra}; all verified by a fresh read."
        case "unverified":
            return (
                f"Not all verified: {written} of {count(total, 'change')} made{extra}, but a fresh read does not confirm"
                " every one. Some services need time: scan again before you rely on it."
            )
        case "partial":
            return (
                f"Applied in part: {written} of {count(total, 'change')} made{extra}. These stay in place: roll back,"
                " or fix the cause and plan again."
            )
        case "stopped":
            undone = sum(change.state.value == "undone" for change in run.changes)
            if undone:
                return f"Stopped: {count(undone, 'change')} made and undone. Nothing is changed."
            return "Stopped before anything was written: nothing was changed."
        case "interrupted":
            return (
                f"Interrupted after {written} of {count(total, 'change')}: its process has ended."
                " Resume it or roll it back; both check the live values first."
            )
        case _:
            return f"Still running: {written} of {count(total, 'change')} made so far."
