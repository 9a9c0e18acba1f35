"""The line that filters the findings while the user types."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from hipaa_tui.tui.widgets.plain_input import PlainInput


class FilterLine(Widget):
    """Hidden and empty until opened. Enter keeps the filter, Esc clears it."""

    DEFAULT_CSS = """
    FilterLine { height: 1; display: none; layout: horizontal; padding: 0 1; background: $surface; }
    FilterLine.-open { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear", key_display="Esc", id="filter.clear"),
        Binding("down", "done", "To the list", show=False, id="filter.keep"),
    ]

    class Changed(Message):
        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Done(Message):
        """The user is done typing: the list gets the focus."""

    def compose(self) -> ComposeResult:
        yield PlainInput(placeholder="Filter: rows with every word; Enter keeps it", select_on_focus=False)

    def open(self) -> None:
        """Show the line with its current words, and focus it."""
        self.add_class("-open")
        # What is not displayed yet cannot be focused.
        self.call_after_refresh(self.query_one(Input).focus)

    def close(self) -> None:
        """Clear the filter and hide the line."""
        self.query_one(Input).value = ""
        self.remove_class("-open")
        self.post_message(self.Done())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_done()

    def action_clear(self) -> None:
        self.close()

    def action_done(self) -> None:
        self.post_message(self.Done())
