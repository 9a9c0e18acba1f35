"""Shows the progress of a job, and lets the user stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from hipaa_tui.tui.jobs import Job
from hipaa_tui.tui.text_layout import GAP, Para, heading
from hipaa_tui.tui.widgets.key_line import KeyLine
from hipaa_tui.tui.widgets.progress_line import ProgressLine
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from hipaa_tui.providers.model import Progress
    from hipaa_tui.tui.operator_app import OperatorApp

PATIENCE = 0.15
"""Seconds before the dialog appears, so that quick work does not flash."""


class ProgressDialog(ModalScreen[tuple[Any] | None]):
    """Returns (result,), or None if the work was stopped or failed; a failure is shown first."""

    DEFAULT_CSS = """
    WorkingScreen { background: transparent; }
    WorkingScreen.-shown { background: $background 60%; }
    WorkingScreen .dialog, WorkingScreen Footer { display: none; }
    WorkingScreen.-shown .dialog, WorkingScreen.-shown Footer { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", key_display="Esc", id="working.stop")
    ]

    def __init__(self, title: str, work: Callable[[Progress], Any], *, harmless: bool = True) -> None:
        super().__init__()
        self._harmless = harmless
        self._title = title
        self._work = work

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield StaticText([heading(self._title), GAP])
            yield ProgressLine()
            yield StaticText([Para("")], id="what")
            sequel = "Nothing is changed." if self._harmless else "What was sent by then is not undone."
            yield StaticText([GAP, Para(f"Esc stops this. {sequel}", "muted")], id="hint")
        yield KeyLine()

    def on_mount(self) -> None:
        self.set_timer(PATIENCE, self._reveal)
        app = cast("OperatorApp", self.app)
        self._job: Job[Any] = Job(self, app.core, self._work)
        app.jobs.add(self._job)
        self._job.start()

    def _reveal(self) -> None:
        self.add_class("-shown")

    def action_stop(self) -> None:
        self._job.stop()
        self.query_one("#hint", StaticText).show([GAP, Para("Stopping ...", "warn")])

    @on(Job.Stepped)
    def _stepped(self, event: Job.Stepped) -> None:
        done, total, what = event.take()
        self.query_one(ProgressLine).show(done, total)
        self.query_one("#what", StaticText).show([Para(what, "muted")])

    @on(Job.Finished)
    def _finished(self, event: Job.Finished) -> None:
        self._end(event.job)
        self.dismiss((event.result,))

    @on(Job.Stopped)
    def _stopped(self, event: Job.Stopped) -> None:
        self._end(event.job)
        sequel = "nothing was changed" if self._harmless else "what was sent by then is not undone"
        self.notify(f"Stopped; {sequel}.", markup=False)
        self.dismiss(None)

    @on(Job.Failed)
    def _failed(self, event: Job.Failed) -> None:
        self._end(event.job)
        sentence = event.explanation()
        self.dismiss(None)
        cast("OperatorApp", self.app).tell(sentence)

    def _end(self, job: Job[Any]) -> None:
        cast("OperatorApp", self.app).job_ended(job)
