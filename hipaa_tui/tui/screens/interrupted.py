"""Reports interrupted runs at start, before anything is planned on top of a half-made change."""

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
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from hipaa_tui.runs.model import RunView


class InterruptedScreen(ModalScreen[bool | None]):
    """Returns True if the user wants to open the history."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,enter", "look", "Open the history", key_display="h", id="interrupted.history"),
        Binding("escape", "dismiss", "Later", key_display="Esc", id="interrupted.later"),
    ]

    def __init__(self, runs: Sequence[RunView]) -> None:
        super().__init__()
        self._runs = tuple(runs)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield StaticText(self.paragraphs)
        yield KeyLine()

    @property
    def paragraphs(self) -> list[Para]:
        lines = [heading(f"{count(len(self._runs), 'run')} interrupted"), GAP]
        lines += [
            Para(
                f"Run {run.run} was interrupted: resume it or roll it back.",
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
                "Its process has ended. The journal records what it did; resume and rollback check the live values first."
            ),
            GAP,
            Para("h opens the history; Esc closes this.", "muted"),
        ]
        return lines

    def action_look(self) -> None:
        self.dismiss(True)
