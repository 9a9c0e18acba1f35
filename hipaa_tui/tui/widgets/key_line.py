"""The footer with the keys of a screen."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Footer


class KeyLine(Footer):
    """Textual's Footer, rebuilt only if its keys have changed.

    Textual signals new bindings at every change of the focus, the screen or a row's state. Mostly they are the same,
    and rebuilding the footer is the most expensive part of moving the cursor.
    """

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._keys: tuple[tuple[str, str, str, bool], ...] | None = None

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Rebuild the footer if the keys have changed."""
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
