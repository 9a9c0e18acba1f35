"""One run in full, for terminals too narrow to show it beside the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hipaa_tui.tui.prose.run import run as run_words
from hipaa_tui.tui.screens.base import Page
from hipaa_tui.tui.widgets.document import Document

if TYPE_CHECKING:
    from hipaa_tui.runs.model import RunView


class RecordScreen(Page):
    """What the run did, change by change."""

    caption = "Run"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy run id", id="record.copy")]
    DEFAULT_CSS = "RecordScreen Document { height: 1fr; }"

    def __init__(self, run: RunView) -> None:
        super().__init__()
        self._run_view = run

    def body(self) -> ComposeResult:
        yield Document(run_words(self._run_view))

    def on_mount(self) -> None:
        self.query_one(Document).focus()

    def action_copy(self) -> None:
        self.copy(self._run_view.run, f"the id of run {self._run_view.run}")
