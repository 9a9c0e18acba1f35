"""The names of a document's sections with the digits that select them; brackets mark the current one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class SectionBar(Widget):
    """ "[1 Changes]  2 Calls   3 Guards …"."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tone--heading", "tone--muted"}
    DEFAULT_CSS = "SectionBar { height: 1; padding: 0 1; background: $surface; }"
    current = reactive(0)

    class Chosen(Message):
        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._labels = [f"{number} {name}" for number, name in enumerate(names, start=1)]

    def render(self) -> Text:
        text = Text(no_wrap=True, overflow="crop")
        for index, label in enumerate(self._labels):
            if index == self.current:
                text.append(f"[{label}]", style=self.get_component_rich_style("tone--heading"))
            else:
                text.append(f" {label} ", style=self.get_component_rich_style("tone--muted"))
            text.append(" ")
        return text

    def on_click(self, event: Click) -> None:
        start = 1  # the padding
        for index, label in enumerate(self._labels):
            if start <= event.x < start + len(label) + 2:
                self.post_message(self.Chosen(index))
            start += len(label) + 3
