"""A list that draws only its visible rows; Textual's DataTable takes 11 s for 100,000 rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hipaa_tui.support.sanitize import plain
from hipaa_tui.tui.text_layout import Line, Para, fit, layout
from hipaa_tui.tui.theme import LIST_TONES

T = TypeVar("T")
GUTTER = 3
"""Cells before the first column: the cursor's sign, the mark, a space."""


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column.

    `width` is fixed if `weight` is 0, else the minimum: the remaining width is shared by weight. The column is hidden
    if the list is narrower than `needs` cells.
    """

    title: str
    cell: Callable[[T], str]
    width: int
    weight: int = 0
    needs: int = 0
    tone: Callable[[T], str] = lambda _: "plain"


class RowList(ScrollView, Generic[T], can_focus=True):
    """Rows under a line of column titles, with a cursor and marks."""

    COMPONENT_CLASSES = LIST_TONES
    DEFAULT_CSS = "RowList { overflow-x: hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, id="list.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="list.up"),
        Binding("g,home", "first", "Top", show=False, id="list.top"),
        Binding("G,end", "last", "Bottom", show=False, id="list.bottom"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="list.page-down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="list.page-up"),
        Binding("enter", "select", "Open", show=False, id="list.open"),
    ]
    cursor = reactive(0, repaint=False)

    class Highlighted(Message):
        """The cursor is on another row, or on none."""

        def __init__(self, rows: RowList[Any]) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> RowList[Any]:
            return self.rows

    class Selected(Highlighted):
        """Enter, or a click on the cursor's row."""

    def __init__(self, columns: Sequence[Column[T]], key: Callable[[T], str], *, id: str) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._key = key
        self._rows: Sequence[T] = ()
        self._empty: tuple[Para, ...] = ()
        self._empty_lines: list[Line] = []
        self.marked: set[str] = set()

    def show(self, rows: Sequence[T], *, empty: Iterable[Para] = (), keep_place: bool = True) -> None:
        """Replace the rows; the cursor stays on its row if that still exists."""
        stood = self.current
        self._rows = rows
        self._empty = tuple(empty)
        place = 0
        if keep_place and stood is not None:
            key = self._key(stood)
            place = next((index for index, row in enumerate(rows) if self._key(row) == key), 0)
        self._measure()
        self.set_reactive(RowList.cursor, place)
        self._follow()
        self.refresh()
        self.post_message(self.Highlighted(self))

    @property
    def rows(self) -> Sequence[T]:
        return self._rows

    @property
    def current(self) -> T | None:
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    def toggle_mark(self) -> None:
        """Mark or unmark the cursor's row, and move to the next one."""
        row = self.current
        if row is not None:
            self.marked ^= {self._key(row)}
            self.refresh()
            self.action_move(1)

    def validate_cursor(self, value: int) -> int:
        return max(0, min(value, len(self._rows) - 1))

    def watch_cursor(self) -> None:
        self._follow()
        self.refresh()
        self.post_message(self.Highlighted(self))

    def action_move(self, by: int) -> None:
        self.cursor += by

    def action_page(self, by: int) -> None:
        self.cursor += by * max(1, self.size.height - 2)

    def action_first(self) -> None:
        self.cursor = 0

    def action_last(self) -> None:
        self.cursor = len(self._rows) - 1

    def action_select(self) -> None:
        if self.current is not None:
            self.post_message(self.Selected(self))

    def on_click(self, event: Click) -> None:
        index = self.scroll_offset.y + event.y - 1
        if event.y < 1 or not 0 <= index < len(self._rows):
            return
        if index == self.cursor:
            self.action_select()
        self.cursor = index

    def on_resize(self, event: Resize) -> None:
        self._measure()
        self._follow()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def _measure(self) -> None:
        width = self.scrollable_content_region.width
        self._empty_lines = layout(self._empty, max(10, width - 2 * GUTTER)) if self._empty else []
        self.virtual_size = Size(width, len(self._rows) + 1)

    def _follow(self) -> None:
        """Scroll to the cursor's row. The column titles cover the first line, so one row less fits."""
        visible = self.scrollable_content_region.height - 1
        top = self.scroll_offset.y
        if visible <= 0:
            return
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + visible:
            self.scroll_to(y=self.cursor - visible + 1, animate=False)

    def _widths(self, width: int) -> list[tuple[Column[T], int]]:
        shown = [column for column in self._columns if width >= column.needs]
        spare = width - GUTTER - sum(column.width for column in shown) - 2 * (len(shown) - 1)
        total = sum(column.weight for column in shown)
        sized = []
        for column in shown:
            extra = max(0, spare) * column.weight // total if total else 0
            sized.append((column, column.width + extra))
        return sized

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y == 0 and (self._rows or not self._empty):
            return self._titles(width)
        index = self.scroll_offset.y + y - 1
        if 0 <= index < len(self._rows):
            return self._row(index, width)
        if not self._rows and 0 <= y - 2 < len(self._empty_lines):
            pieces = self._empty_lines[y - 2].pieces
            segments = [Segment(" " * GUTTER, self.rich_style)]
            segments += [
                Segment(text, self.get_component_rich_style(f"tone--{tone}")) for text, tone in pieces
            ]
            return Strip(segments).adjust_cell_length(width, self.rich_style)
        return Strip.blank(width, self.rich_style)

    def _titles(self, width: int) -> Strip:
        style = self.get_component_rich_style("tone--columns")
        text = " " * GUTTER + "  ".join(fit(column.title, size) for column, size in self._widths(width))
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)

    def _row(self, index: int, width: int) -> Strip:
        row = self._rows[index]
        base = self.rich_style
        on_cursor = index == self.cursor
        over = Style()
        if on_cursor:
            name = "tone--cursor" if self.has_focus else "tone--cursor-blurred"
            over = self.get_component_rich_style(name, partial=True)
            base += over
        gutter = (">" if on_cursor else " ") + ("●" if self._key(row) in self.marked else " ") + " "
        segments = [Segment(gutter, base)]
        for number, (column, size) in enumerate(self._widths(width)):
            if number:
                segments.append(Segment("  ", base))
            tone = self.get_component_rich_style(f"tone--{column.tone(row)}")
            segments.append(Segment(fit(plain(column.cell(row), 500), size), tone + over))
        return Strip(segments).adjust_cell_length(width, base)
