"""Keeps the screens readable in an ASCII-only locale (LANG=C): one filter over everything that is drawn.

Every sign is replaced by one of the same width, so that no layout changes and no screen needs to care.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS: Final = str.maketrans(
    {
        "✓": "v",
        "✗": "x",
        "→": ">",
        "🔎": "> ",
        "…": "~",
        "·": "-",
        "•": "*",
        "●": "*",
        "\u2013": "-",
        "\u2014": "-",
        "\u2019": "'",
        "“": '"',
        "”": '"',
        "│": "|",
        "┃": "|",
        "█": "#",
        "░": ".",
        "␣": "_",
    }
)
_CORNERS: Final = frozenset("╭╮╰╯┌┐└┘┏┓┗┛├┤┬┴┼╔╗╚╝")


class AsciiFilter(LineFilter):
    """Textual line filter: replaces everything that is not ASCII, without changing the line's width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment if segment.text.isascii() else Segment(_ascii(segment.text), segment.style, None)
            for segment in segments
        ]


def speaks_utf8(environment: Mapping[str, str] | None = None) -> bool:
    """Does the locale that the user set use UTF-8?

    Under LANG=C Python sets LC_CTYPE itself (PEP 538). That is not what the user asked for, so LANG decides then.
    """
    env = os.environ if environment is None else environment
    overall, ctype, lang = (env.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    coerced = not overall and ctype in {"C.UTF-8", "C.utf8"} and lang in {"", "C", "POSIX"}
    effective = overall or ("C" if coerced else ctype) or lang
    if os.name == "nt" and not effective:
        return True
    return "utf8" in effective.lower().replace("-", "")


@lru_cache(4096)
def _ascii(text: str) -> str:
    return "".join(_one(char) for char in text.translate(_SIGNS))


def _one(char: str) -> str:
    if char.isascii():
        return char
    width = cell_len(char)
    if width == 1:
        if char in _CORNERS:
            return "+"
        name = unicodedata.name(char, "")
        if name.startswith("BOX DRAWINGS"):
            return "|" if "VERTICAL" in name else "-"
        if name.endswith("BLOCK"):
            # The edges of fields and panes, or what fills a part of a cell.
            return "|" if name.startswith(("LEFT", "RIGHT")) else "-" if "ONE EIGHTH" in name else " "
        bare = unicodedata.normalize("NFKD", char)[0]
        return bare if bare.isascii() else "?"
    return "?" * width
