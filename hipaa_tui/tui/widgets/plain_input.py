"""A field whose text holds nothing that a terminal obeys, because people paste into it, and defaults come from files."""

from __future__ import annotations

from textual.widgets import Input

from hipaa_tui.support.sanitize import plain

LONGEST = 20_000


class PlainInput(Input):
    """Textual's field; what is typed, pasted or set is made plain first."""

    def validate_value(self, value: str) -> str:
        return plain(value, LONGEST)
