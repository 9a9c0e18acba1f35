"""Every run in the journal, latest first: show it, roll it back, resume it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from hipaa_tui.tui.jobs import Job
from hipaa_tui.tui.labels import RUN_TONES, moment
from hipaa_tui.tui.prose.run import run as run_words
from hipaa_tui.tui.screens.base import Page
from hipaa_tui.tui.text_layout import GAP, Para, heading
from hipaa_tui.tui.widgets.document import Document
from hipaa_tui.tui.widgets.row_list import Column, RowList

if TYPE_CHECKING:
    from hipaa_tui.plans.model import Plan
    from hipaa_tui.runs.model import RunView

COLUMNS: tuple[Column[RunView], ...] = (
    Column("When", lambda run: moment(run.started)[:16], 16),
    Column("Run", lambda run: run.run, 22),
    Column("State", lambda run: run.state.value, 11, tone=lambda run: RUN_TONES[run.state.value]),
    Column("Kind", lambda run: run.kind, 8),
    Column("Changes", lambda run: f"{len(run.changes):>7}", 7, needs=75),
    Column("Plan", lambda run: run.plan[:12], 12, needs=89),
)


class HistoryScreen(Page):
    """The runs; from 100 columns on with the changes of the highlighted one beside them."""

    caption = "History"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Changes", key_display="Enter", id="history.open"),
        Binding("u", "undo", "Roll back", id="history.undo"),
        Binding("c", "resume", "Resume", id="history.continue"),
        Binding("y", "copy", "Copy run id", id="history.copy"),
    ]
    DEFAULT_CSS = """
    HistoryScreen #runs { width: 1fr; }
    HistoryScreen #detail { display: none; width: 4fr; border-left: vkey $border; }
    HistoryScreen.-wide #runs { width: 5fr; }
    HistoryScreen.-wide #detail { display: block; }
    """

    def body(self) -> ComposeResult:
        with Horizontal(classes="body"):
            yield RowList(COLUMNS, lambda run: run.run, id="runs")
            yield Document(id="detail")

    @property
    def runs(self) -> RowList[RunView]:
        return self.query_one("#runs", RowList)

    def on_mount(self) -> None:
        self.runs.focus()

    def on_screen_resume(self) -> None:
        """Reload when the screen is shown again: a rollback may have been added."""
        bench = self.hipaa.bench
        self.job(lambda _: bench.runs())

    @on(Job.Finished)
    def _loaded(self, event: Job.Finished) -> None:
        self.hipaa.job_ended(event.job)
        self.runs.show(
            event.result,
            empty=[
                heading("No runs yet"),
                GAP,
                Para("Plan a finding and apply the plan. Its run then appears here, and can be rolled back."),
            ],
        )

    @on(Job.Failed)
    def _failed(self, event: Job.Failed) -> None:
        self.hipaa.job_ended(event.job)
        self.hipaa.tell(event.explanation())

    @on(Job.Stopped)
    def _stopped(self, event: Job.Stopped) -> None:
        self.hipaa.job_ended(event.job)

    @on(RowList.Highlighted)
    def _highlighted(self) -> None:
        run = self.runs.current
        self.query_one("#detail", Document).show(run_words(run) if run else [])
        self.refresh_bindings()

    @on(RowList.Selected)
    def action_open(self) -> None:
        run = self.runs.current
        if run is not None:
            from hipaa_tui.tui.screens.record import RecordScreen

            self.app.push_screen(RecordScreen(run))

    def action_undo(self) -> None:
        run = self.runs.current
        if run is not None:
            from hipaa_tui.tui.start_rollback import preview_rollback

            preview_rollback(self, run.run)

    def action_resume(self) -> None:
        """Resume an interrupted run: its plan is shown and confirmed again before anything is written."""
        run = self.runs.current
        if run is None:
            return
        if self.hipaa.read_only:
            self.hipaa.tell("No run can be resumed in read-only mode.")
            return
        bench, id = self.hipaa.bench, run.run
        self.work("Opening the run's plan", lambda _: bench.plan_of(id), lambda plan: self._ask(id, plan))

    def _ask(self, id: str, plan: Plan) -> None:
        from hipaa_tui.tui.screens.confirm import ConfirmScreen
        from hipaa_tui.tui.screens.run import RunScreen

        bench = self.hipaa.bench

        def answered(yes: bool | None) -> None:
            if yes:
                self.app.push_screen(RunScreen(plan, lambda progress: bench.resume(id, progress=progress)))

        self.app.push_screen(ConfirmScreen(plan, resuming=id), answered)

    def action_copy(self) -> None:
        run = self.runs.current
        if run is not None:
            self.copy(run.run, f"the id of run {run.run}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the actions that apply to the highlighted run."""
        if action not in {"undo", "resume", "copy", "open"}:
            return True
        run = self.runs.current if self.is_mounted else None
        if run is None:
            return False
        if action == "resume":
            return run.state.value == "interrupted"
        if action == "undo":
            wrote = any(change.state.value in {"applied", "writing", "failed"} for change in run.changes)
            return wrote and run.state.value != "running"
        return True
