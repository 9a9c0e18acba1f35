"""A progress bar with its numbers, in one line that also works without color."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.widget import Widget


class ProgressLine(Widget):
    """ "████████░░░░░░░░  3 of 8"."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tone--heading", "tone--muted"}
    DEFAULT_CSS = "ProgressLine { height: 1; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.done = 0
        self.total = 0

    def show(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        self.refresh()

    def render(self) -> Text:
        if self.total:
            numbers = f"  {self.done:,} of {self.total:,}"
        else:
            numbers = f"  {self.done:,} so far" if self.done else "  starting"
        room = max(0, self.size.width - len(numbers))
        filled = room * min(self.done, self.total) // self.total if self.total else 0
        text = Text(no_wrap=True, overflow="crop")
        text.append("█" * filled, style=self.get_component_rich_style("tone--heading"))
        text.append("░" * (room - filled), style=self.get_component_rich_style("tone--muted"))
        text.append(numbers)
        return text
