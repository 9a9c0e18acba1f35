"""Shows a text of any length. Only visible lines are drawn, so that a plan of 1,000 changes scrolls at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hipaa_tui.tui.text_layout import Line, Para, layout
from hipaa_tui.tui.theme import TONES


class Document(ScrollView, can_focus=True):
    """Paragraphs that wrap to the width and scroll with the keys of a pager."""

    COMPONENT_CLASSES = TONES
    DEFAULT_CSS = "Document { padding: 0 1; overflow-x: hidden; scrollbar-gutter: stable; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "Down", show=False, id="list.down"),
        Binding("k,up", "scroll_up", "Up", show=False, id="list.up"),
        Binding("g,home", "scroll_home", "Top", show=False, id="list.top"),
        Binding("G,end", "scroll_end", "Bottom", show=False, id="list.bottom"),
        Binding("pagedown,space", "page_down", "Page down", show=False, id="list.page-down"),
        Binding("pageup", "page_up", "Page up", show=False, id="list.page-up"),
    ]

    def __init__(self, paragraphs: Iterable[Para] = (), *, id: str | None = None, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self._paragraphs = tuple(paragraphs)
        self._lines: list[Line] = []
        self._laid_out_for = -1

    def show(self, paragraphs: Iterable[Para], *, keep_place: bool = False) -> None:
        """Replace the text and scroll to the top, unless `keep_place`."""
        self._paragraphs = tuple(paragraphs)
        self._laid_out_for = -1
        if not keep_place:
            self.scroll_to(y=0, animate=False)
        self._lay_out()

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(para.lead + para.text for para in self._paragraphs)

    def on_resize(self, event: Resize) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0 or width == self._laid_out_for:
            return
        self._laid_out_for = width
        self._lines = layout(self._paragraphs, width)
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index = self.scroll_offset.y + y
        if not 0 <= index < len(self._lines):
            return Strip.blank(width, self.rich_style)
        pieces = self._lines[index].pieces
        strip = Strip(
            [Segment(text, self.get_component_rich_style(f"tone--{tone}")) for text, tone in pieces]
        )
        return strip.adjust_cell_length(width, self.rich_style)
