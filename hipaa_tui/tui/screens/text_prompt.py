"""Asks for one line of text, such as a path, and shows under the field what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from hipaa_tui.tui.text_layout import Para, heading
from hipaa_tui.tui.widgets.key_line import KeyLine
from hipaa_tui.tui.widgets.plain_input import PlainInput
from hipaa_tui.tui.widgets.static_text import StaticText


class TextPrompt(ModalScreen[str | None]):
    """Returns the text, or None after Esc. `complaint` returns an error sentence, or "" if the text is valid."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", key_display="Esc", id="ask.cancel")
    ]

    def __init__(
        self, title: str, explanation: str, complaint: Callable[[str], str], *, value: str = ""
    ) -> None:
        super().__init__()
        self._title = title
        self._explanation = explanation
        self._complaint = complaint
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield StaticText([heading(self._title), Para(self._explanation, "muted")])
            yield PlainInput(self._value)
            yield StaticText(id="complaint")
            yield StaticText([Para("Enter continues, Esc cancels.", "muted")], classes="hint")
        yield KeyLine()

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#complaint", StaticText).show([])

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        sentence = self._complaint(text)
        if sentence:
            self.query_one("#complaint", StaticText).show([Para(sentence, "bad", lead="✗ ", lead_tone="bad")])
        else:
            self.dismiss(text)
