"""Asks for an exception's owner, last day and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from hipaa_tui.support.errors import InputError
from hipaa_tui.triage.exceptions import checked_until
from hipaa_tui.tui.text_layout import GAP, Para, heading
from hipaa_tui.tui.widgets.key_line import KeyLine
from hipaa_tui.tui.widgets.plain_input import PlainInput
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from hipaa_tui.workbench import QueueRow

FIELDS = (
    ("owner", "Owner, who accepts the risk", "a name"),
    ("until", "Last day (UTC)", "2027-06-30"),
    ("reason", "Reason", "an auditor will read this"),
)


class ExceptionForm(ModalScreen[tuple[str, str, str] | None]):
    """Returns (owner, last day, reason), or None after Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", key_display="Esc", id="excepting.cancel")
    ]

    def __init__(self, row: QueueRow) -> None:
        super().__init__()
        self._row = row

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield StaticText(
                [
                    heading("Except this finding?"),
                    Para(f"{self._row.title} on {self._row.resource_name}", "muted"),
                ]
            )
            for name, title, example in FIELDS:
                yield StaticText([GAP, Para(title, "strong")])
                yield PlainInput(id=f"except-{name}", placeholder=example)
            yield StaticText(id="complaint")
            yield StaticText(
                [
                    Para("The exception is recorded. After its last day the finding is open again.", "muted"),
                    Para("Enter continues, Esc cancels.", "muted"),
                ],
                classes="hint",
            )
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#except-owner", Input).focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#complaint", StaticText).show([])

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Enter moves to the next field; in the last one it submits the form if everything is valid."""
        if event.input.id != f"except-{FIELDS[-1][0]}":
            self.focus_next(Input)
            return
        answers = {name: self.query_one(f"#except-{name}", Input).value.strip() for name, _, _ in FIELDS}
        for name, title, _ in FIELDS:
            sentence = _complaint(name, title, answers[name])
            if sentence:
                self.query_one("#complaint", StaticText).show([Para(sentence, "bad", "✗ ", "bad")])
                self.query_one(f"#except-{name}", Input).focus()
                return
        self.dismiss((answers["owner"], answers["until"], answers["reason"]))


def _complaint(name: str, title: str, text: str) -> str:
    if not text:
        return f"{title}: required"
    if name == "until":
        try:
            checked_until(text)
        except InputError as error:
            return str(error)
    return ""
