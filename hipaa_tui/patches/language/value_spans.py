"""A value with the positions of its parts (objects, lists, entries), for every syntax.

A document can be an HCL expression, JSON in a heredoc, or a JSON file; its edits are computed in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hipaa_tui.patches.language.edits import NotEditableError
from hipaa_tui.patches.language.hcl import Raw
from hipaa_tui.patches.language.syntax import (
    Expression,
    Items,
    Template,
    Traversal,
    Unknown,
    expression_of,
    is_literal,
    tree,
)
from hipaa_tui.support.json_value import Json

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST: Final = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of an object; `key` is None where it is computed."""

    key: str | None
    start: int
    key_end: int
    value: Part

    @property
    def end(self) -> int:
        return self.value.end


@dataclass(frozen=True, slots=True)
class Part:
    """A value and the bytes that it stands in: an object has `entries`, a list `items`, everything else neither."""

    start: int
    end: int
    value: Expression
    text: str = ""
    entries: tuple[Entry, ...] | None = None
    items: tuple[Part, ...] | None = None

    def get(self, key: str) -> Part | None:
        return next((one.value for one in self.entries or () if one.key == key), None)

    def entry(self, key: str) -> Entry | None:
        return next((one for one in self.entries or () if one.key == key), None)

    @property
    def keys(self) -> tuple[str | None, ...]:
        return tuple(one.key for one in self.entries or ())

    @property
    def plain(self) -> bool:
        """Is all of it said here, and nowhere else?"""
        if self.entries is not None:
            return all(one.key is not None and one.value.plain for one in self.entries)
        if self.items is not None:
            return all(one.plain for one in self.items)
        return is_literal(self.value)


def several(part: Part) -> tuple[Part, ...]:
    """The items of a list; of anything else itself."""
    return part.items if part.items is not None else (part,)


def part_of(node: Node, source: bytes, depth: int = 0) -> Part:
    """The value of an expression's node."""
    inner = node
    while inner.type in {"expression", "collection_value"} and len(_told(inner)) == 1:
        inner = _told(inner)[0]
    text = source[node.start_byte : node.end_byte].decode("utf-8", "replace")
    start, end = node.start_byte, node.end_byte
    if depth < _DEEPEST and inner.type == "object":
        pairs = [child for child in inner.children if child.type == "object_elem"]
        entries = tuple(_entry(child, source, depth) for child in pairs)
        return Part(inner.start_byte, inner.end_byte, expression_of(node), text, entries=entries)
    if depth < _DEEPEST and inner.type == "tuple":
        rows = [child for child in inner.children if child.type == "expression"]
        items = tuple(part_of(child, source, depth + 1) for child in rows)
        return Part(inner.start_byte, inner.end_byte, expression_of(node), text, items=items)
    return Part(start, end, expression_of(node), text)


def _told(node: Node) -> list[Node]:
    return [child for child in node.children if child.type != "comment"]


def _entry(node: Node, source: bytes, depth: int) -> Entry:
    sides = [child for child in node.children if child.type == "expression"]
    if len(sides) != 2:
        raise NotEditableError("an object in it cannot be parsed", node.start_point[0] + 1)
    key = expression_of(sides[0])
    if isinstance(key, Traversal) and len(key.parts) == 1 and not key.indexed:
        key = key.parts[0]  # a bare key is a name, not a variable
    name = key if isinstance(key, str) else str(key) if isinstance(key, int) else None
    return Entry(name, sides[0].start_byte, sides[0].end_byte, part_of(sides[1], source, depth + 1))


def call_in(node: Node, *names: str) -> list[Node] | None:
    """The arguments of a call of one of these functions; None where the expression is something else."""
    inner = node
    while inner.type == "expression" and len(_told(inner)) == 1:
        inner = _told(inner)[0]
    if inner.type != "function_call" or (inner.children[0].text or b"").decode() not in names:
        return None
    inside = next((child for child in inner.children if child.type == "function_arguments"), None)
    return [child for child in inside.children if child.type == "expression"] if inside else []


def expression_node(source: bytes) -> Node | None:
    """The expression in `x = …`, None where that is none."""
    root = tree(source)
    body = next((child for child in root.children if child.type == "body"), None)
    attribute = body.children[0] if body and body.children else None
    if root.has_error or attribute is None:
        return None
    return next((child for child in attribute.children if child.type == "expression"), None)


def part_in(text: str) -> Part | None:
    """The value that an expression's text is; its places are those in `x = TEXT`."""
    source = f"x = {text}\n".encode()
    node = expression_node(source)
    return None if node is None else part_of(node, source)


def document_in(text: str) -> Part | None:
    """What the argument of `jsonencode(…)` is; None where the text is something else."""
    source = f"x = {text}\n".encode()
    node = expression_node(source)
    inside = call_in(node, "jsonencode") if node is not None else None
    return part_of(inside[0], source) if inside and len(inside) == 1 else None


def as_json(part: Part) -> Json:
    """The value to be written anew: references as `Raw` expressions."""
    if part.entries is not None:
        return {str(one.key): as_json(one.value) for one in part.entries}
    if part.items is not None:
        return [as_json(one) for one in part.items]
    if isinstance(part.value, Traversal | Template | Unknown | Items):
        return Raw(part.text)
    return part.value


def walk(part: Part) -> Iterator[Part]:
    """Every value in it that is neither object nor list."""
    inside = [one.value for one in part.entries or ()] or list(part.items or ())
    if not inside:
        yield part
    for one in inside:
        yield from walk(one)
