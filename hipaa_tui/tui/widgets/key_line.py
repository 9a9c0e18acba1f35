"""The keys of a screen, in its last line."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Footer


class KeyLine(Footer):
    """Textual's Footer, in one size everywhere; it is built anew only where it has something else to show.

    Textual announces new bindings at each change of the focus, of the screens and of a row's state; mostly they
    are the same, and building the line is what costs most in moving about.
    """

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._keys: tuple[tuple[str, str, str, bool], ...] | None = None

    def bindings_changed(self, screen: Screen[object]) -> None:
        """As Textual's, where the keys have changed."""
        if not (screen.app.app_focus and self.is_attached and screen is self.screen):
            super().bindings_changed(screen)
            return
        keys = tuple(
            (one.binding.key, one.binding.action, one.binding.description, one.enabled)
            for one in screen.active_bindings.values()
            if one.binding.show
        )
        if keys != self._keys:
            self._keys = keys
            super().bindings_changed(screen)
