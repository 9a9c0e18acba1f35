"""Escapes untrusted text for a format, so that it is always read as plain text.

GitHub and Azure DevOps search for mentions, references and addresses in the rendered page, where an escaped "@" is an
"@" again. They do not search inside of code spans, so such a character is put into one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from hipaa_tui.support.sanitize import ELLIPSIS, plain

_SIGNS: Final = re.compile(r"([\\`*_{}\[\]<>|~&$^])")
_LINKS: Final = re.compile(r"@|#(?=\w)|!(?=\d)|:(?=//)|(?<=[wW]{3})\.|(?<=[gG][hH])-(?=\d)|\bmailto:")
_START: Final = re.compile(r"^(\s*)(\d*)([-+=#]|[.)](?=\s|$))")
_RUNS: Final = re.compile(r"`+")
_QUOTES: Final = re.compile(r"\\.|[\"\x00-\x1f]")
_SERVICENOW: Final = re.compile(r"\[(?=/?code\])", re.IGNORECASE)


def markdown(text: str) -> str:
    """Escape prose for Markdown: without markup, links, images, HTML, mentions and references."""
    parts: list[str] = []
    at = 0
    line = plain(text).strip()
    for found in _LINKS.finditer(line):
        parts += [_SIGNS.sub(r"\\\1", line[at : found.start()]), f"`{found[0]}`"]
        at = found.end()
    parts.append(_SIGNS.sub(r"\\\1", line[at:]))
    return _START.sub(r"\1\2\\\3", "".join(parts))


def code_span(text: str) -> str:
    """A Markdown code span with exactly this text, on one line."""
    line = plain(text) or "-"
    ticks = "`" * (1 + max((len(run) for run in _RUNS.findall(line)), default=0))
    room = " " if line.startswith(("`", " ")) or line.endswith(("`", " ")) else ""
    return f"{ticks}{room}{line}{room}{ticks}"


def fence(lines: Iterable[str], language: str = "") -> str:
    """A Markdown code block with these lines, none of which can end it."""
    shown = [plain(line) for line in lines]
    longest = max((len(run) for line in shown for run in _RUNS.findall(line)), default=0)
    ticks = "`" * max(3, longest + 1)
    return "\n".join([f"{ticks}{language}", *shown, ticks])


def in_json(text: str) -> str:
    """The text as the inside of a JSON string."""
    return json.dumps(text, ensure_ascii=True)[1:-1]


def from_block(text: str) -> str:
    """The text of a `{% set %}` block of a JSON template, in which values are already escaped."""
    found: str = json.loads(f'"{_QUOTES.sub(_quoted, text)}"')
    return found.strip()


def _quoted(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("\\") else json.dumps(found[0])[1:-1]


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, cut at the end of a line if that loses little."""
    text = str(text).strip()
    if len(text) <= limit:
        return text
    kept = text[: max(0, limit - 2)]
    line = kept.rfind("\n")
    return (kept[:line] if line > limit * 3 // 4 else kept).rstrip() + f"\n{ELLIPSIS}"


def servicenow(text: str) -> str:
    """Break [code] tags: ServiceNow renders what is between [code] and [/code] as HTML."""
    return _SERVICENOW.sub("[ ", text)
