"""Paragraphs that wrap with a hanging indent, made of plain strings: text from clouds must never be read as markup.

Control characters are stripped here, from everything that enters a paragraph, so that no screen can forget it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size

from hipaa_tui.support.sanitize import plain

LONGEST: Final = 20_000
"""Characters of one paragraph; a bucket policy may have 20 KB."""


@dataclass(frozen=True, slots=True)
class Para:
    """One paragraph. `lead` precedes its first line; the other lines are indented to the text."""

    text: str = ""
    tone: str = "plain"
    lead: str = ""
    lead_tone: str = "plain"
    indent: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", plain(self.text, LONGEST))
        object.__setattr__(self, "lead", plain(self.lead, LONGEST))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen: pieces of (text, tone)."""

    pieces: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


GAP: Final = Para()
"""An empty line."""


def heading(text: str) -> Para:
    return Para(text, "heading")


def labelled(label: str, text: str, width: int = 14, tone: str = "plain") -> Para:
    """ "Resource      phi-data": a label padded so that neighboring paragraphs align."""
    return Para(text, tone, lead=f"{label:<{width}}", lead_tone="muted")


def bullet(text: str, tone: str = "plain", indent: int = 0) -> Para:
    return Para(text, tone, lead="• ", lead_tone="muted", indent=indent)


def layout(paragraphs: Iterable[Para], width: int) -> list[Line]:
    """The paragraphs as lines of at most `width` cells."""
    return [line for para in paragraphs for line in _lines(para, width)]


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells, with an ellipsis where it was cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def _lines(para: Para, width: int) -> Iterator[Line]:
    hang = para.indent + cell_len(para.lead)
    if hang > width // 2:
        # A lead that leaves no room gets a line of its own.
        yield Line(((fit(" " * para.indent + para.lead, width), para.lead_tone),))
        hang, first = para.indent + 2, " " * (para.indent + 2)
    else:
        first = " " * para.indent + para.lead
    for number, part in enumerate(_wrap(para.text, max(8, width - hang))):
        before = first if number == 0 else " " * hang
        yield Line(((before, para.lead_tone), (part, para.tone)) if before else ((part, para.tone),))


def _wrap(text: str, width: int) -> list[str]:
    if cell_len(text) <= width:
        return [text]
    lines: list[str] = []
    current, used = "", 0
    for word in text.split(" "):
        size = cell_len(word)
        if current and used + 1 + size <= width:
            current, used = f"{current} {word}", used + 1 + size
            continue
        if current:
            lines.append(current)
        if size > width:
            *full, rest = chop_cells(word, width)
            lines.extend(full)
            current, used = rest, cell_len(rest)
        else:
            current, used = word, size
    lines.append(current)
    return lines
