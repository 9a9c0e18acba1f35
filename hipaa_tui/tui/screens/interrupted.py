"""Announces runs whose process is gone, before anyone plans something on top of a half-made change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from hipaa_tui.tui.labels import count, moment
from hipaa_tui.tui.text_layout import GAP, Para, bullet, heading
from hipaa_tui.tui.widgets.key_line import KeyLine
from hipaa_tui.tui.widgets.static_text import Note

if TYPE_CHECKING:
    from hipaa_tui.runs.model import RunView


class InterruptedScreen(ModalScreen[bool | None]):
    """Ends with True where the operator wants to look at the history."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,enter", "look", "Open the history", key_display="h", id="interrupted.history"),
        Binding("escape", "dismiss", "Later", key_display="Esc", id="interrupted.later"),
    ]

    def __init__(self, runs: Sequence[RunView]) -> None:
        super().__init__()
        self._runs = tuple(runs)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Note(self.paragraphs)
        yield KeyLine()

    @property
    def paragraphs(self) -> list[Para]:
        lines = [heading(f"{count(len(self._runs), 'run')} interrupted"), GAP]
        lines += [
            Para(
                f"Run {run.run} was interrupted: continue it or roll it back.",
                "warn",
                lead="! ",
                lead_tone="warn",
            )
            if len(self._runs) == 1
            else bullet(f"{run.run}, started {moment(run.started)}")
            for run in self._runs[:8]
        ]
        lines += [
            GAP,
            Para(
                "Its process is gone; the journal knows how far it came. Both ways look at the cloud first."
            ),
            GAP,
            Para("h opens the history, Esc leaves it for later.", "muted"),
        ]
        return lines

    def action_look(self) -> None:
        self.dismiss(True)
