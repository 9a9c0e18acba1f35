"""A form that scrolls with the same keys as a document."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll


class ScrollForm(VerticalScroll, can_focus=True):
    """Texts and input fields, one below the other."""

    DEFAULT_CSS = "ScrollForm { padding: 0 1; scrollbar-gutter: stable; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "Down", show=False, id="list.down"),
        Binding("k,up", "scroll_up", "Up", show=False, id="list.up"),
        Binding("g,home", "scroll_home", "Top", show=False, id="list.top"),
        Binding("G,end", "scroll_end", "Bottom", show=False, id="list.bottom"),
        Binding("pagedown,space", "page_down", "Page down", show=False, id="list.page-down"),
        Binding("pageup", "page_up", "Page up", show=False, id="list.page-up"),
    ]
