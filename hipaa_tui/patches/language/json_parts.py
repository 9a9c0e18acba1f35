"""Parses JSON with positions: documents in heredocs, JSON files, and .tf.json.

In a heredoc and in .tf.json strings are Terraform templates; their interpolations are kept as expressions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from hipaa_tui.patches.language.edits import NotEditableError, line_at
from hipaa_tui.patches.language.syntax import Expression, Items, Template, Unknown, expression_of
from hipaa_tui.patches.language.value_spans import Entry, Part, expression_node

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST: Final = 60
_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_BARE: Final = re.compile(rb"-?[0-9][0-9eE+.\-]*|true|false|null")
_STRING: Final = re.compile(rb'"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"')
_DOUBLED: Final = re.compile(r"(?:\$\$|%%)(?=\{)")

Hole = tuple[int, int, Expression]
"""An interpolation in a text: where it begins, where it ends, what it stands for."""


def holes_in(node: Node) -> list[Hole]:
    """The interpolations of a heredoc's node. NotEditableError where it has directives."""
    found: list[Hole] = []
    for child in node.children:
        if child.type == "template_directive":
            raise NotEditableError("it has template directives (%{ … })", child.start_point[0] + 1)
        if child.type == "template_interpolation":
            inner = [one for one in child.children if one.type == "expression"]
            text = (child.text or b"").decode("utf-8", "replace")
            value = expression_of(inner[0]) if len(inner) == 1 else Unknown(text)
            found.append((child.start_byte, child.end_byte, value))
    return found


def heredoc_of(node: Node) -> Node | None:
    """The heredoc that an expression is; None where it is something else."""
    while node.type in {"expression", "template_expr"} and len(node.children) == 1:
        node = node.children[0]
    return node if node.type == "heredoc_template" else None


def heredoc_span(node: Node, source: bytes) -> tuple[int, int]:
    """Where the text of a heredoc begins and ends: without its first and its last line."""
    start = source.index(b"\n", node.start_byte) + 1
    end = source.rfind(b"\n", start - 1, node.children[-1].start_byte) + 1
    return start, max(start, end)


def template_in(text: str) -> Expression:
    """What a text means to Terraform as a template without quotes. Unknown where it is none, or has directives."""
    if "${" not in text and "%{" not in text:
        return text
    head = b"x = <<HIPAA_TUI\n"
    source = head + text.encode() + b"\nHIPAA_TUI\n"
    node = expression_node(source)
    heredoc = heredoc_of(node) if node is not None else None
    if heredoc is None or "\nHIPAA_TUI" in text:
        return Unknown(text)
    try:
        holes = holes_in(heredoc)
    except NotEditableError:
        return Unknown(text)
    return _joined(source, len(head), len(head) + len(text.encode()), holes)


def _joined(source: bytes, start: int, end: int, holes: Iterable[Hole]) -> Expression:
    parts: list[Expression] = []
    at = start
    for begun, ended, value in holes:
        if begun > at:
            parts.append(_undoubled(source[at:begun].decode("utf-8", "replace")))
        parts.append(value)
        at = ended
    if at < end:
        parts.append(_undoubled(source[at:end].decode("utf-8", "replace")))
    if all(isinstance(one, str) for one in parts):
        return "".join(str(one) for one in parts)
    return parts[0] if len(parts) == 1 else Template(tuple(parts))


def _undoubled(text: str) -> str:
    return _DOUBLED.sub(lambda one: one.group()[0], text)


@dataclass(frozen=True)
class Text:
    """JSON between two bytes of a file.

    `templated`: the whole text is a template, its interpolations are `holes`; `strings`: each string is one (.tf.json).
    """

    source: bytes
    start: int
    end: int
    holes: Sequence[Hole] = ()
    templated: bool = False
    strings: bool = False

    def part(self) -> Part:
        """The value that stands there. NotEditableError where there is none, or more."""
        part = self._value(self.start, 0)
        if self._blank(part.end) != self.end:
            raise self._wrong(part.end)
        return part

    def _wrong(self, at: int) -> NotEditableError:
        return NotEditableError("the text there is not JSON", line_at(self.source, at))

    def _blank(self, at: int) -> int:
        found = _SPACE.match(self.source, at, self.end)
        return found.end() if found else at

    def _sign(self, at: int) -> bytes:
        return self.source[at : min(at + 1, self.end)]

    def _hole(self, at: int) -> Hole | None:
        return self._holes.get(at)

    @cached_property
    def _holes(self) -> dict[int, Hole]:
        return {one[0]: one for one in self.holes}

    def _said(self, start: int, end: int) -> str:
        return self.source[start:end].decode("utf-8", "replace")

    def _value(self, at: int, depth: int) -> Part:
        at = self._blank(at)
        hole, sign = self._hole(at), self._sign(at)
        if depth > _DEEPEST:
            raise self._wrong(at)
        if hole is not None:
            # Outside of a string it gives JSON of its own, as ${jsonencode(…)} does.
            return Part(at, hole[1], Unknown(self._said(at, hole[1])), self._said(at, hole[1]))
        if sign == b"{":
            return self._object(at, depth)
        if sign == b"[":
            return self._list(at, depth)
        if sign == b'"':
            return self._string(at)
        found = _BARE.match(self.source, at, self.end)
        try:
            value: Expression = json.loads(found.group().decode()) if found else None
        except ValueError:
            found = None
        if found is None:
            raise self._wrong(at)
        return Part(at, found.end(), value, found.group().decode())

    def _object(self, start: int, depth: int) -> Part:
        entries: list[Entry] = []
        at = self._blank(start + 1)
        while self._sign(at) != b"}":
            key = self._string(self._blank(self._past(at, b",") if entries else at))
            value = self._value(self._past(key.end, b":"), depth + 1)
            name = key.value if isinstance(key.value, str) else None
            entries.append(Entry(name, key.start, key.end, value))
            at = self._blank(value.end)
        keys = tuple(Unknown("") if one.key is None else one.key for one in entries)
        whole = Items(tuple(one.value.value for one in entries), keys)
        return Part(start, at + 1, whole, self._said(start, at + 1), entries=tuple(entries))

    def _list(self, start: int, depth: int) -> Part:
        items: list[Part] = []
        at = self._blank(start + 1)
        while self._sign(at) != b"]":
            items.append(self._value(self._past(at, b",") if items else at, depth + 1))
            at = self._blank(items[-1].end)
        value = Items(tuple(one.value for one in items))
        return Part(start, at + 1, value, self._said(start, at + 1), items=tuple(items))

    def _past(self, at: int, sign: bytes) -> int:
        at = self._blank(at)
        if self._sign(at) != sign:
            raise self._wrong(at)
        return at + 1

    def _string(self, start: int) -> Part:
        """A string; an interpolation in it may hold quotes of its own."""
        if self._sign(start) != b'"':
            raise self._wrong(start)
        whole = None if self.holes else _STRING.match(self.source, start, self.end)
        if whole is not None:
            plain: Expression = self._plain(start + 1, whole.end() - 1)
            plain = template_in(plain) if self.strings and isinstance(plain, str) else plain
            return Part(start, whole.end(), plain, self._said(start, whole.end()))
        parts: list[Expression] = []
        at = begun = start + 1
        while self._sign(at) != b'"' or self._hole(at):
            hole, sign = self._hole(at), self._sign(at)
            if sign in (b"", b"\n"):
                raise self._wrong(start)
            if hole is None:
                at += 2 if sign == b"\\" else 1
                continue
            parts += [self._plain(begun, at), hole[2]]
            at = begun = hole[1]
        parts = [one for one in (*parts, self._plain(begun, at)) if one != ""]
        value: Expression = Template(tuple(parts)) if len(parts) > 1 else parts[0] if parts else ""
        if self.strings and isinstance(value, str):
            value = template_in(value)
        return Part(start, at + 1, value, self._said(start, at + 1))

    def _plain(self, start: int, end: int) -> str:
        try:
            found = str(json.loads(f'"{self._said(start, end)}"'))
        except ValueError:
            raise self._wrong(start) from None
        return _undoubled(found) if self.templated else found
