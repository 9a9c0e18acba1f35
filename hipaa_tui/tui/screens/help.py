"""Help on the workflow and the keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hipaa_tui.tui.prose.help import help_text
from hipaa_tui.tui.screens.base import Page
from hipaa_tui.tui.widgets.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterable


class HelpScreen(Page):
    """The keys of the screen from which help was opened come first."""

    caption = "Help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", key_display="Esc", id="help.back"),
    ]
    DEFAULT_CSS = "HelpScreen Document { height: 1fr; }"

    def __init__(self, asked_from: Screen[Any]) -> None:
        super().__init__()
        self._asked_from = type(asked_from)

    def body(self) -> ComposeResult:
        yield Document(help_text(self.hipaa, self._screens()))

    def on_mount(self) -> None:
        self.query_one(Document).focus()

    def _screens(self) -> Iterator[tuple[str, Iterable[Binding]]]:
        """Every screen with its own keys, as the keymap defines them."""
        from hipaa_tui.tui.screens.finding import FindingScreen
        from hipaa_tui.tui.screens.history import HistoryScreen
        from hipaa_tui.tui.screens.patch import PatchScreen
        from hipaa_tui.tui.screens.preview import PreviewScreen
        from hipaa_tui.tui.screens.queue import QueueScreen
        from hipaa_tui.tui.screens.run import RunScreen

        named: list[tuple[str, type[Page]]] = [
            ("Findings", QueueScreen),
            ("Finding", FindingScreen),
            ("Preview", PreviewScreen),
            ("Run", RunScreen),
            ("Terraform patch", PatchScreen),
            ("History", HistoryScreen),
        ]
        named.sort(key=lambda pair: pair[1] is not self._asked_from)
        for name, screen in named:
            yield name, self.hipaa.bindings_of(screen)
