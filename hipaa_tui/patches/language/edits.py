"""Edits of a file by byte ranges."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

BOM: Final = b"\xef\xbb\xbf"
_BLANKS: Final = b" \t"
_COMMENT: Final = re.compile(rb"[ \t]*/\*.*?\*/", re.DOTALL)


class NotEditableError(Exception):
    """A block cannot be edited in place; the message says why. `line` counts from 1."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


class OfRootError(NotEditableError):
    """A block in a module would have to refer to a value of the root module."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(
            f"{name} = {text[:80]} belongs to the root module: pass it to the module by a variable"
        )


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes from `start` to `end` by `text`."""

    start: int
    end: int
    text: bytes


def edited(source: bytes, edits: Iterable[Edit]) -> bytes:
    """The source with the edits applied. NotEditableError if two of them overlap."""
    out, last = b"", 0
    # Of two at one place the earlier stays the earlier, and what is put in stands before what is taken out.
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        if edit.start < last:
            raise NotEditableError("the edits overlap", line_at(source, edit.start))
        out += source[last : edit.start] + edit.text
        last = edit.end
    return out + source[last:]


def newline_of(source: bytes) -> str:
    """How the file ends its lines."""
    return "\r\n" if b"\r\n" in source else "\n"


def encoded(text: str, newline: str) -> bytes:
    """Text with the file's own line ends."""
    return text.replace("\n", newline).encode()


def line_start(source: bytes, at: int) -> int:
    return source.rfind(b"\n", 0, at) + 1


def line_end(source: bytes, at: int) -> int:
    """Behind the newline that ends the line; what ends with its own newline (a heredoc) is behind it already."""
    if at and source[at - 1 : at] == b"\n":
        return at
    found = source.find(b"\n", at)
    return len(source) if found < 0 else found + 1


def behind_comments(source: bytes, at: int) -> int:
    """Behind the line that ends here, and behind what `/* … */` on it goes on to."""
    while found := _COMMENT.match(source, at):
        at = found.end()
    return line_end(source, at)


def line_at(source: bytes, at: int) -> int:
    """The number of the line that a byte stands on, from 1."""
    return source.count(b"\n", 0, at) + 1


def indent_at(source: bytes, at: int) -> str:
    """The blanks that the line of this byte begins with."""
    start = line_start(source, at)
    end = start
    while end < at and source[end : end + 1] in (b" ", b"\t"):
        end += 1
    return source[start:end].decode()


def begins_line(source: bytes, at: int) -> bool:
    """Does nothing but blanks stand before it on its line?"""
    return not source[line_start(source, at) : at].strip(_BLANKS)


def after_blanks(source: bytes, at: int) -> int:
    """The next byte that is no blank; a line end counts as one."""
    while source[at : at + 1] in (b" ", b"\t"):
        at += 1
    return at


def _in_column(source: bytes, at: int) -> bool:
    """Has the line before or behind a comment in the same column?"""
    start, behind = line_start(source, at), line_end(source, at)
    column = len(source[start:at].decode("utf-8", "replace"))
    before = source[line_start(source, start - 1) : start] if start else b""
    after = source[behind:].split(b"\n", 1)[0]
    texts = (one.decode("utf-8", "replace") for one in (before, after))
    return any(one[column : column + 1] in {"#", "/"} and one[column - 1 : column].isspace() for one in texts)


def comment_kept(source: bytes, end: int, shorter: int) -> Iterable[Edit]:
    """Keeps a comment behind a value in the column of its neighbours', as far as there are blanks to take."""
    stop = end
    while source[stop : stop + 1] == b" ":
        stop += 1
    if source[stop : stop + 1] in {b"#", b"/"} and stop > end and _in_column(source, stop):
        blanks = max(1, stop - end + shorter)
        if blanks != stop - end:
            yield Edit(end, stop, b" " * blanks)
