"""An input field without control characters: text is pasted into it, and defaults come from files."""

from __future__ import annotations

from textual.widgets import Input

from hipaa_tui.support.sanitize import plain

LONGEST = 20_000


class PlainInput(Input):
    """Textual's Input; control characters are removed from what is typed, pasted or set."""

    def validate_value(self, value: str) -> str:
        return plain(value, LONGEST)
