"""The line at the top: the screen's name, and the session's mode and banner."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from hipaa_tui.support.sanitize import plain
from hipaa_tui.tui.text_layout import fit


class TitleBar(Widget):
    """ "hipaa-tui  Findings                         read-only · sandbox"."""

    DEFAULT_CSS = "TitleBar { height: 1; background: $panel; color: $foreground; padding: 0 1; }"

    def __init__(self, title: str, note: str = "") -> None:
        super().__init__()
        self.title = plain(title, 200)
        self.note = plain(note, 200)

    def render(self) -> Text:
        width = self.size.width
        brand = "hipaa-tui  "
        title = fit(self.title, min(len(self.title), max(0, width - len(brand))))
        text = Text(no_wrap=True, overflow="crop")
        text.append(brand, style="dim")
        text.append(title, style="bold")
        room = width - len(text.plain) - 2
        if self.note and room > 8:
            note = fit(self.note, min(len(self.note), room))
            text.append(" " * (width - len(text.plain) - len(note)))
            text.append(note, style="bold")
        return text
