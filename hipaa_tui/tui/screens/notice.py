"""Shows a message, such as an error, that has to be closed before anything else is done."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from hipaa_tui.tui.text_layout import GAP, Para, heading
from hipaa_tui.tui.widgets.key_line import KeyLine
from hipaa_tui.tui.widgets.scroll_form import ScrollForm
from hipaa_tui.tui.widgets.static_text import StaticText


class NoticeScreen(ModalScreen[None]):
    """A heading and sentences, which scroll if they do not fit. Enter or Esc closes it."""

    DEFAULT_CSS = "NoticeScreen Reader { height: auto; max-height: 14; padding: 0; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Close", key_display="Esc", id="notice.close"),
    ]

    def __init__(self, title: str, *sentences: str) -> None:
        super().__init__()
        self.paragraphs = [heading(title), GAP, *(Para(sentence) for sentence in sentences)]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with ScrollForm():
                yield StaticText(self.paragraphs)
            yield StaticText([GAP, Para("Enter or Esc closes this.", "muted")])
        yield KeyLine()

    @property
    def text(self) -> str:
        return "\n".join(para.text for para in self.paragraphs)
