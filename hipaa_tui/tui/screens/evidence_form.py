"""Asks for the evidence of a step of a guided finding: the step, a note, and a file if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from hipaa_tui.support.errors import InputError
from hipaa_tui.tui.paths import typed_file
from hipaa_tui.tui.text_layout import GAP, Para, heading
from hipaa_tui.tui.widgets.key_line import KeyLine
from hipaa_tui.tui.widgets.plain_input import PlainInput
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from hipaa_tui.triage.evidence_service import Progress

FIELDS = (
    ("step", "Step", ""),
    ("note", "What was done, by whom, and where to see it", "an auditor will read this"),
    ("file", "File that proves it (optional)", "~/evidence/step-1.pdf"),
)


class EvidenceForm(ModalScreen[tuple[int, str, Path | None] | None]):
    """Returns (step, note, file), or None after Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", key_display="Esc", id="proving.cancel")
    ]

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._steps = len(progress.playbook.steps) if progress.playbook else 0
        self._first = str(progress.missing[0]) if progress.missing else ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield StaticText([heading("Record evidence")])
            for name, title, example in FIELDS:
                yield StaticText([GAP, Para(title, "strong")])
                value = self._first if name == "step" else ""
                yield PlainInput(value, id=f"prove-{name}", placeholder=example or f"1 to {self._steps}")
            yield StaticText(id="complaint")
            yield StaticText(
                [
                    Para(
                        "The journal records the note and the file's name and SHA-256, not its content.",
                        "muted",
                    ),
                    Para("Enter continues, Esc cancels.", "muted"),
                ],
                classes="hint",
            )
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#prove-note" if self._first else "#prove-step", Input).focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#complaint", StaticText).show([])

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Enter moves to the next field; in the last one it submits the form if everything is valid."""
        if event.input.id != f"prove-{FIELDS[-1][0]}":
            self.focus_next(Input)
            return
        step, note, file = (self.query_one(f"#prove-{name}", Input).value.strip() for name, _, _ in FIELDS)
        if not (step.isascii() and step.isdigit() and 1 <= int(step[:6]) <= self._steps):
            self._complain("step", f"Enter a step from 1 to {self._steps}")
        elif not note:
            self._complain("note", "Enter what was done, by whom, and where to see it")
        else:
            try:
                proof = typed_file(file) if file else None
            except InputError as error:
                self._complain("file", str(error))
                return
            self.dismiss((int(step), note, proof))

    def _complain(self, name: str, sentence: str) -> None:
        self.query_one("#complaint", StaticText).show([Para(sentence, "bad", "✗ ", "bad")])
        self.query_one(f"#prove-{name}", Input).focus()
