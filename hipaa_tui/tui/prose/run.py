"""Describes a run: its outcome and its changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hipaa_tui.tui.labels import RUN_TONES, count, moment, outcome, verdict
from hipaa_tui.tui.prose.plan import setting_title
from hipaa_tui.tui.text_layout import GAP, Para, heading, labelled

if TYPE_CHECKING:
    from hipaa_tui.runs.model import ChangeView, RunView


def run(view: RunView) -> list[Para]:
    """Everything about one run, for the history."""
    lines = [
        labelled("Run", view.run, 12),
        labelled("Kind", kind(view), 12),
        labelled("State", view.state.value, 12, RUN_TONES[view.state.value]),
        labelled("Started", moment(view.started), 12),
    ]
    if view.ended:
        lines.append(labelled("Ended", moment(view.ended), 12))
    lines.append(labelled("Plan", view.plan, 12))
    if view.rolled_back_by:
        lines.append(labelled("Rolled back", f"by run {view.rolled_back_by}", 12))
    lines += [GAP, Para(outcome(view))]
    if view.note:
        lines.append(Para(view.note, "muted"))
    return [*lines, GAP, heading(count(len(view.changes), "change")), *changes(view.changes)]


def kind(view: RunView) -> str:
    return f"rollback of {view.of_run}" if view.kind == "rollback" else view.kind


def changes(views: tuple[ChangeView, ...]) -> Iterator[Para]:
    for number, change in enumerate(views, start=1):
        words, tone = verdict(change)
        what = f"{setting_title(change.setting)} of {change.resource}"
        yield Para(what, lead=f"{number:>2}. {words:<15} ", lead_tone=tone)
        if change.note:
            yield Para(change.note, "muted", indent=4)


def result(view: RunView) -> list[Para]:
    """The outcome of a run, shown above its changes."""
    tone = RUN_TONES[view.state.value]
    sign = {"good": "✓ ", "warn": "! ", "bad": "✗ "}[tone]
    lines = [Para(outcome(view), tone, lead=sign, lead_tone=tone)]
    if view.note:
        lines.append(Para(view.note, indent=2))
    return [*lines, Para(f"Recorded in the journal as run {view.run}.", "muted", indent=2)]
