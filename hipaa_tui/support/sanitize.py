"""Makes text from findings and clouds safe to print on a terminal.

A resource name or a finding's title can contain escape sequences that repaint the screen, marks that reverse the
reading direction, and invisible characters. Markup is not handled here: the screens show such text as data.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ELLIPSIS: Final = "…"
DEFAULT_LIMIT: Final = 2000

# Every part excludes the control characters, so that a row of unfinished sequences costs linear time,
# and an unfinished one loses its introducer only: the text after it stays readable.
_ESCAPES: Final = re.compile(
    "(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\\\|\x9c)"  # strings
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor movement
    "|\x1b[ -/]*[0-~]"  # the short ones
)
_BREAKS: Final = re.compile("\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")

_DROPPED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs"})
# Not of category Cf, and just as invisible: fillers, joiners and variation selectors.
_INVISIBLE: Final = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)


class _Visible(dict[int, int | None]):
    """A translation table that decides about a character when it first meets it."""

    def __missing__(self, code: int) -> int | None:
        dropped = code in _INVISIBLE or unicodedata.category(chr(code)) in _DROPPED_CATEGORIES
        self[code] = None if dropped else code
        return self[code]


_LINE: Final = _Visible({0x09: 0x20})
_LINES: Final = _Visible({0x09: 0x20, 0x0A: 0x0A})


def plain(text: str, limit: int = DEFAULT_LIMIT) -> str:
    """`text` on one line, without anything that a terminal interprets or a reader cannot see.

    Dropped: escape sequences, control and format characters, direction marks, zero-width characters,
    lone surrogates. Line breaks and tabs become a space. What is longer than `limit` characters
    (0 or more) is cut, with an ellipsis as its last character. Doing it twice changes nothing.
    """
    if not (text.isascii() and text.isprintable()):
        text = _BREAKS.sub(" ", _ESCAPES.sub("", text)).translate(_LINE)
    return _cut(text, limit)


def plain_lines(text: str, limit: int = DEFAULT_LIMIT) -> str:
    """As `plain`, with the line breaks kept: each of them becomes one newline."""
    if not (text.isascii() and text.isprintable()):
        text = _BREAKS.sub("\n", _ESCAPES.sub("", text)).translate(_LINES)
    return _cut(text, limit)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return text[: limit - 1] + ELLIPSIS if limit > 0 else ""
