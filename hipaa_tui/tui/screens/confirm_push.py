"""Asks before a branch is pushed. Enter alone cancels."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from hipaa_tui.tui.text_layout import GAP, Para, heading, labelled
from hipaa_tui.tui.widgets.key_line import KeyLine
from hipaa_tui.tui.widgets.static_text import StaticText


class ConfirmPush(ModalScreen[bool | None]):
    """Returns True only after `y`. `request`: a pull request is opened, too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Push", id="pushing.yes"),
        Binding("n,escape,enter", "dismiss", "Cancel", key_display="Esc", id="pushing.no"),
    ]

    def __init__(self, branch: str, remote: str, url: str, *, request: bool) -> None:
        super().__init__()
        self._branch, self._remote, self._url, self._request = branch, remote, url, request

    def compose(self) -> ComposeResult:
        what = "Push the branch and open a pull request?" if self._request else "Push the branch?"
        with Vertical(classes="dialog"):
            yield StaticText(
                [
                    heading(what),
                    GAP,
                    labelled("Branch", self._branch, 8, "strong"),
                    labelled("To", f"{self._remote} ({self._url})", 8),
                    GAP,
                    Para(
                        "Pushed with your git, never by force. Press y to push; Enter and Esc cancel.",
                        "muted",
                    ),
                ]
            )
        yield KeyLine()
