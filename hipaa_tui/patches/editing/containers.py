"""Removes entries from an object or a list and adds others, in its own style."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hipaa_tui.patches.language.edits import (
    Edit,
    NotEditableError,
    begins_line,
    comment_kept,
    encoded,
    indent_at,
    line_at,
    line_end,
    line_start,
    newline_of,
)
from hipaa_tui.patches.language.styles import Style, alone_on_line, column
from hipaa_tui.patches.language.value_spans import Part
from hipaa_tui.support.json_value import Json

_BETWEEN: Final = re.compile(rb"(?:[ \t\r\n]+|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_REST: Final = re.compile(rb"[ \t\r]*(?:(?:#|//)[^\n]*|/\*[^\n]*?\*/[ \t\r]*)?(?:\n|\Z)")

Added = tuple[str | None, Json]
"""A key (None in a list) and its value."""


def wrapped(source: bytes, part: Part, value: Json, style: Style) -> list[Edit]:
    """A list in the place of one value, with another behind it."""
    newline = newline_of(source)
    flat = alone_on_line(source, part.start, part.end)
    shown = style.written(value, indent_at(source, part.end), flat=flat)
    return [Edit(part.start, part.start, b"["), Edit(part.end, part.end, encoded(f", {shown}]", newline))]


def replaced(source: bytes, part: Part, value: Json, style: Style) -> list[Edit]:
    """Another value in the place of one."""
    flat = part.entries is not None and bool(part.entries) and alone_on_line(source, part.start, part.end)
    new = encoded(style.written(value, indent_at(source, part.start), flat=flat), newline_of(source))
    shorter = len(source[part.start : part.end].decode()) - len(new.decode())
    return [Edit(part.start, part.end, new), *comment_kept(source, part.end, shorter)]


@dataclass(frozen=True, slots=True)
class Box:
    """An object or a list of the file."""

    source: bytes
    part: Part
    style: Style

    def change(self, drop: Collection[int], add: Sequence[Added]) -> list[Edit]:
        """Without those at the places in `drop`, with `add` behind the others."""
        kept = [at for at in range(len(self.rows)) if at not in drop]
        if not drop and not add:
            return []
        if not kept:
            return self._anew(add)
        trailing = self._comma(len(self.rows) - 1) >= 0
        edits = self._added(kept[-1], add, trailing=trailing) if add else []
        edits += self._dropped(drop)
        last = kept[-1]
        comma = self._comma(last)
        by_line = last < len(self.rows) - 1 and self._own_lines(range(last + 1, len(self.rows)))
        if not add and by_line and not trailing and comma >= 0:
            edits.append(Edit(comma, comma + 1, b""))
        return edits

    @property
    def rows(self) -> list[tuple[int, int]]:
        if self.part.entries is not None:
            return [(one.start, one.end) for one in self.part.entries]
        return [(one.start, one.end) for one in self.part.items or ()]

    @property
    def _listed(self) -> bool:
        return self.part.items is not None

    def _refuse_comments(self, start: int, end: int) -> None:
        if self.source[start:end].strip(b" \t\r\n,"):
            raise NotEditableError("a comment is within what has to be removed", line_at(self.source, start))

    def _anew(self, add: Sequence[Added]) -> list[Edit]:
        ends = [self.part.start + 1, *(end for _, end in self.rows)]
        starts = [*(start for start, _ in self.rows), self.part.end - 1]
        for start, end in zip(ends, starts, strict=True):
            self._refuse_comments(start, end)
        value: Json = [one for _, one in add] if self._listed else {str(key): one for key, one in add}
        return replaced(self.source, self.part, value, self.style)

    def _comma(self, at: int) -> int:
        """Where the comma behind the entry stands; -1 where there is none."""
        end = self.rows[at][1]
        found = _BETWEEN.match(self.source, end, self.part.end)
        stop = found.end() if found else end
        return stop if self.source[stop : stop + 1] == b"," else -1

    # -- taking out

    def _dropped(self, drop: Collection[int]) -> Iterable[Edit]:
        at, count = 0, len(self.rows)
        while at < count:
            if at not in drop:
                at += 1
                continue
            end = at
            while end + 1 in drop:
                end += 1
            yield from self._without(at, end)
            at = end + 1

    def _without(self, first: int, last: int) -> Iterable[Edit]:
        """A run of neighbours goes: by whole lines where they have lines of their own."""
        if self._own_lines(range(first, last + 1)):
            for at in range(first, last + 1):
                start, _ = self.rows[at]
                yield Edit(line_start(self.source, start), line_end(self.source, self._stop(at)), b"")
        elif last + 1 < len(self.rows):
            self._refuse_gaps(first, last + 1)
            yield Edit(self.rows[first][0], self.rows[last + 1][0], b"")
        else:
            self._refuse_gaps(first - 1, last)
            yield Edit(self.rows[first - 1][1], self._stop(last), b"")

    def _refuse_gaps(self, first: int, last: int) -> None:
        for at in range(first, last):
            self._refuse_comments(self.rows[at][1], self.rows[at + 1][0])

    def _stop(self, at: int) -> int:
        comma = self._comma(at)
        return comma + 1 if comma >= 0 else self.rows[at][1]

    def _own_lines(self, rows: Iterable[int]) -> bool:
        return all(
            begins_line(self.source, self.rows[at][0]) and _REST.match(self.source, self._stop(at))
            for at in rows
        )

    # -- putting in

    def _added(self, last: int, add: Sequence[Added], *, trailing: bool) -> list[Edit]:
        start, end = self.rows[last]
        close = self.part.end - 1
        newline = newline_of(self.source)
        own = begins_line(self.source, start) and begins_line(self.source, close)
        by_comma = self._listed or self.style.json or self.style.commas
        if own:
            comma = self._comma(last)
            edits = []
            if by_comma and comma < 0:
                edits = [Edit(end, end, b","), *comment_kept(self.source, end, -1)]
            indent = indent_at(self.source, start)
            rows = self._lines(last, add, indent)
            signs = [","] * (len(rows) - 1) + ["," if trailing else ""] if by_comma else [""] * len(rows)
            text = "".join(f"{one}{sign}\n" for one, sign in zip(rows, signs, strict=True))
            at = line_start(self.source, close)
            return [*edits, Edit(at, at, encoded(text, newline))]
        flat = alone_on_line(self.source, start, end)
        indent = indent_at(self.source, end)
        shown = []
        for key, value in add:
            text = self.style.written(value, indent, flat=flat)
            shown.append(text if key is None else f"{self.style.key(key)}{self.style.sign}{text}")
        return [Edit(end, end, encoded("".join(f", {one}" for one in shown), newline))]

    def _lines(self, last: int, add: Sequence[Added], indent: str) -> list[str]:
        if self._listed:
            return [indent + self.style.written(value, indent) for _, value in add]
        rows = [(self.style.key(str(key)), self.style.written(value, indent)) for key, value in add]
        entry = (self.part.entries or ())[last]
        wide = 0
        if self.style.aligned and alone_on_line(self.source, entry.start, entry.end):
            wide = column(self.source, entry.start, entry.key_end)
        if not self.style.aligned:
            return [indent + one for one in self.style.lines(rows, indent)]
        if wide and all(len(key) <= wide and "\n" not in text for key, text in rows):
            return [f"{indent}{key.ljust(wide)} = {text}" for key, text in rows]
        lines = [indent + one for one in self.style.lines(rows, indent)]
        alone = wide and "\n" not in rows[0][1]
        return ["\n" + lines[0], *lines[1:]] if alone else lines
