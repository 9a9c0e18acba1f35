"""A run in progress and its result: every change with its state. Esc stops it at a safe point."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hipaa_tui.tui.jobs import Job
from hipaa_tui.tui.labels import CHANGE_SIGNS, extent, verdict
from hipaa_tui.tui.prose.plan import title
from hipaa_tui.tui.prose.run import result
from hipaa_tui.tui.screens.base import Page
from hipaa_tui.tui.text_layout import Para
from hipaa_tui.tui.widgets.progress_line import ProgressLine
from hipaa_tui.tui.widgets.row_list import Column, RowList
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from hipaa_tui.plans.model import Plan
    from hipaa_tui.providers.model import Progress
    from hipaa_tui.runs.model import RunView


@dataclass(frozen=True, slots=True)
class Row:
    """One change as a row of the list."""

    id: str
    state: str
    tone: str
    what: str
    note: str


COLUMNS: tuple[Column[Row], ...] = (
    Column("State", lambda row: row.state, 15, tone=lambda row: row.tone),
    Column("Change", lambda row: row.what, 28, weight=3),
    Column("Note", lambda row: row.note, 10, weight=2, tone=lambda _: "muted"),
)


class RunScreen(Page):
    """Applies the plan at once; it was confirmed before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "Roll back", id="run.undo"),
        Binding("h", "history", "History", id="run.history"),
        Binding("y", "copy", "Copy run id", id="run.copy"),
    ]
    DEFAULT_CSS = """
    RunScreen #said { padding: 0 1 1 1; }
    RunScreen ProgressLine { padding: 0 1 1 1; height: 2; }
    RunScreen #changes { height: 1fr; }
    """

    def __init__(self, plan: Plan, work: Callable[[Progress], RunView]) -> None:
        super().__init__()
        self.plan = plan
        self.caption = "Rolling back" if plan.kind == "rollback" else "Applying"
        self._work = work
        self._job: Job[RunView] | None = None
        self._began = time.monotonic()
        self._now = "checking the plan against the live configuration"
        self.view: RunView | None = None

    def body(self) -> ComposeResult:
        yield StaticText(id="said")
        yield ProgressLine()
        yield RowList(COLUMNS, lambda row: row.id, id="changes")

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self._step(0)
        self._say()
        self._clock = self.set_interval(1, self._say)
        self._job = self.job(self._work, writes=True)

    @property
    def under_way(self) -> bool:
        return self._job is not None

    def _say(self) -> None:
        if self._job is None and self.view is not None:
            return
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        stopping = self._job is not None and self._job.stopping
        hint = "Stopping at the next safe point ..." if stopping else "Esc stops at the next safe point."
        self.query_one("#said", StaticText).show(
            [
                Para(f"{extent(self.plan)} · {minutes:02}:{seconds:02}", "strong"),
                Para(self._now),
                Para(hint, "warn" if stopping else "muted"),
            ]
        )

    def _step(self, done: int) -> None:
        """The engine reports changes: those before index `done` are finished, the one at `done` is being written."""
        self.query_one(ProgressLine).show(done, len(self.plan.changes))
        rows = []
        for index, change in enumerate(self.plan.changes):
            state = (
                "applied" if index < done else "writing" if index == done and self.under_way else "pending"
            )
            words, tone = ("✓ done", "good") if state == "applied" else CHANGE_SIGNS[state]
            rows.append(Row(change.id, words, tone, f"{title(change)} of {change.target.name}", ""))
        self._list.show(rows)

    @property
    def _list(self) -> RowList[Row]:
        return self.query_one("#changes", RowList)

    @on(Job.Stepped)
    def _stepped(self, event: Job.Stepped) -> None:
        done, total, what = event.take()
        self._now = what or self._now
        if total == len(self.plan.changes):
            self._step(done)
        self._say()

    @on(Job.Finished)
    def _finished(self, event: Job.Finished) -> None:
        self._ended(event.job)
        view: RunView = event.result
        self.view = view
        names = {change.id: f"{title(change)} of {change.target.name}" for change in self.plan.changes}
        rows = []
        for change in view.changes:
            words, tone = verdict(change)
            rows.append(Row(change.id, words, tone, names.get(change.id, change.resource), change.note))
        self._list.show(rows)
        through = sum(change.state.value in {"applied", "skipped"} for change in view.changes)
        self.query_one(ProgressLine).show(through, len(view.changes))
        self.query_one("#said", StaticText).show(result(view))
        self.refresh_bindings()

    @on(Job.Stopped)
    def _stopped(self, event: Job.Stopped) -> None:
        self._ended(event.job)
        self._over("Stopped before anything was written: nothing was changed.", "warn", "! ")

    @on(Job.Failed)
    def _failed(self, event: Job.Failed) -> None:
        self._ended(event.job)
        self._over(event.explanation(), "bad", "✗ ")

    def _over(self, sentence: str, tone: str, sign: str) -> None:
        self._step(0)
        self.query_one("#said", StaticText).show(
            [
                Para(sentence, tone, lead=sign, lead_tone=tone),
                Para(
                    "The history shows whether a run was started. Esc goes back to the findings.",
                    "muted",
                    indent=2,
                ),
            ]
        )
        self.refresh_bindings()

    def _ended(self, job: Job[Any]) -> None:
        self._clock.stop()
        self._job = None
        self.hipaa.job_ended(job)

    def action_back(self) -> None:
        """Esc: stop the run while it is in progress; afterwards go back to the findings."""
        if self._job is not None:
            self._job.stop()
            self._say()
        else:
            self.hipaa.back_to_queue()

    def action_history(self) -> None:
        self.hipaa.open_history()

    def action_undo(self) -> None:
        if self.view is not None:
            from hipaa_tui.tui.start_rollback import preview_rollback

            preview_rollback(self, self.view.run)

    def action_copy(self) -> None:
        if self.view is not None:
            self.copy(self.view.run, f"the id of run {self.view.run}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"undo", "copy"}:
            return self.view is not None
        return action != "history" or not self.under_way
