"""A short text inside a form: paragraphs like a Document's, in full height, without scrolling."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from hipaa_tui.tui.text_layout import Line, Para, layout
from hipaa_tui.tui.theme import TONES


class StaticText(Widget):
    """Paragraphs in their natural height."""

    COMPONENT_CLASSES = TONES
    DEFAULT_CSS = "StaticText { height: auto; width: 1fr; }"

    def __init__(self, paragraphs: Iterable[Para] = (), *, id: str | None = None, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self._paragraphs = tuple(paragraphs)
        self._lines: list[Line] = []
        self._laid_out_for = -1

    def show(self, paragraphs: Iterable[Para]) -> None:
        self._paragraphs = tuple(paragraphs)
        self._laid_out_for = -1
        self.refresh(layout=True)

    @property
    def text(self) -> str:
        return "\n".join(para.lead + para.text for para in self._paragraphs)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lay_out(width))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        lines = self._lay_out(width)
        if y >= len(lines):
            return Strip.blank(width, self.rich_style)
        strip = Strip(
            [Segment(text, self.get_component_rich_style(f"tone--{tone}")) for text, tone in lines[y].pieces]
        )
        return strip.adjust_cell_length(width, self.rich_style)

    def _lay_out(self, width: int) -> list[Line]:
        if width != self._laid_out_for:
            self._lines = layout(self._paragraphs, width)
            self._laid_out_for = width
        return self._lines
