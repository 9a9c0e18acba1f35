"""Parses HCL with tree-sitter, with positions.

Yields blocks with their lines, and expressions as far as possible without Terraform: literals, lists, objects,
templates and traversals. Everything else is `Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from hipaa_tui.patches.language.hcl import Block

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_ESCAPE: Final = re.compile(r'\\(n|r|t|"|\\|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})|(\$\$|%%)(?=\{)')
_NAMED: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Traversal:
    """`aws_s3_bucket.phi.id`; `indexed` where a `[…]` stands in it."""

    parts: tuple[str, ...]
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A string with interpolations; its parts are strings and expressions."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list; or, from an object, its keys with their values."""

    values: tuple[Expression, ...]
    keys: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """An expression that only Terraform can tell."""

    text: str


Expression = str | int | float | bool | None | Traversal | Template | Items | Unknown


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    value: Expression
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Declared:
    """A block as it stands in a file; lines count from 1."""

    type: str
    labels: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    blocks: tuple[Declared, ...]
    line: int

    def value(self, name: str) -> Expression:
        """The attribute's expression; None where it is not set."""
        return next((one.value for one in self.attributes if one.name == name), None)

    def inner(self, *types: str) -> Iterator[Declared]:
        return (block for block in self.blocks if block.type in types)

    @property
    def address(self) -> str:
        return ".".join(self.labels)

    def to_write(self) -> Block:
        """The same block, to be written anew. An argument that stands twice keeps its later value."""
        return Block(
            type=self.type,
            labels=self.labels,
            attributes=tuple({one.name: one.text for one in self.attributes}.items()),
            blocks=tuple(block.to_write() for block in self.blocks),
        )


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's blocks; `broken` is the line of its first syntax error, 0 where there is none.

    `attributes` are those outside every block, as .tfvars files have them.
    """

    blocks: tuple[Declared, ...]
    attributes: tuple[Attribute, ...]
    broken: int


@cache
def _parser() -> Parser:
    import tree_sitter_hcl
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_hcl.language()))


def tree(source: bytes) -> Node:
    """The root of the source's syntax tree, with the places of everything in bytes."""
    return _parser().parse(source).root_node


def expression_of(node: Node) -> Expression:
    """What an expression's node means, as far as it can be told without Terraform."""
    return _expression(node)


def expression_in(text: str) -> Expression:
    """What an expression's text means."""
    root = tree(f"x = {text}\n".encode())
    body = next((child for child in root.children if child.type == "body"), None)
    attribute = body.children[0] if body and body.children else None
    node = next((c for c in attribute.children if c.type == "expression"), None) if attribute else None
    return Unknown(text) if node is None or root.has_error else _expression(node)


def is_literal(value: Expression) -> bool:
    """Is it said here, and nowhere else?"""
    if isinstance(value, Items):
        return all(map(is_literal, (*value.values, *value.keys)))
    return not isinstance(value, Traversal | Template | Unknown)


def parse(source: str) -> Parsed:
    """What stands in the source. Never raises: a broken file has `broken` set, and its sound blocks."""
    root = tree(source.encode("utf-8", "replace"))
    body = next((child for child in root.children if child.type == "body"), None)
    inside = body.children if body else []
    blocks = tuple(_block(child) for child in inside if child.type == "block")
    attributes = tuple(_attribute(child) for child in inside if child.type == "attribute")
    return Parsed(blocks, attributes, _first_error(root) if root.has_error else 0)


def _first_error(node: Node) -> int:
    """The line of the first error below `node`; without recursion, since broken input may nest deep."""
    stack = [node]
    while stack:
        one = stack.pop()
        if one.is_error or one.is_missing:
            return one.start_point[0] + 1
        stack.extend(child for child in reversed(one.children) if child.has_error or child.is_missing)
    return node.start_point[0] + 1


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _block(node: Node) -> Declared:
    names = [child for child in node.children if child.type in {"identifier", "string_lit"}]
    body = next((child for child in node.children if child.type == "body"), None)
    inside = body.children if body else []
    return Declared(
        type=_text(names[0]) if names else "",
        labels=tuple(_label(child) for child in names[1:]),
        attributes=tuple(_attribute(child) for child in inside if child.type == "attribute"),
        blocks=tuple(_block(child) for child in inside if child.type == "block"),
        line=node.start_point[0] + 1,
    )


def _label(node: Node) -> str:
    return _literal(node) if node.type == "string_lit" else _text(node)


def _attribute(node: Node) -> Attribute:
    name = next((_text(child) for child in node.children if child.type == "identifier"), "")
    value = next((child for child in node.children if child.type == "expression"), None)
    return Attribute(
        name=name,
        value=_expression(value) if value is not None else Unknown(""),
        text=_text(value) if value is not None else "",
        line=node.start_point[0] + 1,
    )


def _literal(node: Node) -> str:
    """The text of a quoted string without interpolations; the grammar has no node for bare blanks in it."""
    return unescaped(_text(node)[1:-1])


def unescaped(text: str) -> str:
    """What a quoted string's source text means."""

    def meaning(found: re.Match[str]) -> str:
        named, doubled = found.groups()
        if doubled:
            return str(doubled[0])
        return _NAMED.get(named) or chr(min(int(named[1:], 16), 0x10FFFF))

    return _ESCAPE.sub(meaning, text)


def _expression(node: Node, depth: int = 0) -> Expression:  # noqa: PLR0912 - one branch a node type
    children = [child for child in node.children if child.type != "comment"]
    if depth > 40:
        return Unknown(_text(node))
    match node.type:
        case "expression" | "literal_value" | "collection_value" | "template_expr" if len(children) == 1:
            return _expression(children[0], depth + 1)
        case "expression" if children and children[0].type == "variable_expr":
            return _traversal(node, children)
        case "variable_expr":
            return Traversal((_text(node),))
        case "string_lit":
            return _literal(node)
        case "bool_lit":
            return _text(node) == "true"
        case "null_lit":
            return None
        case "numeric_lit" | "operation":
            return _number(_text(node))
        case "quoted_template":
            return Template(tuple(_template_parts(node, depth)))
        case "tuple":
            items = [child for child in children if child.type == "expression"]
            return Items(tuple(_expression(child, depth + 1) for child in items))
        case "object":
            pairs = [_pair(child, depth) for child in children if child.type == "object_elem"]
            return Items(tuple(value for _, value in pairs), tuple(key for key, _ in pairs))
        case "function_call" if _text(children[0]) in {"toset", "tolist", "tomap"}:
            inner = next((child for child in children if child.type == "function_arguments"), None)
            arguments = [child for child in inner.children if child.type == "expression"] if inner else []
            return _expression(arguments[0], depth + 1) if len(arguments) == 1 else Unknown(_text(node))
        case _:
            return Unknown(_text(node))


def _number(text: str) -> Expression:
    """A number, negative ones included; every other operation is for Terraform to carry out."""
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return Unknown(text)


def _template_parts(node: Node, depth: int) -> Iterator[Expression]:
    """Literal text and interpolations in turn; blanks between them belong to the text."""
    source, at = node.text or b"", 1
    for child in node.children[1:-1]:
        if child.type == "template_literal":
            continue
        start, end = child.start_byte - node.start_byte, child.end_byte - node.start_byte
        if start > at:
            yield unescaped(source[at:start].decode("utf-8", "replace"))
        at = end
        inner = [one for one in child.children if one.type == "expression"]
        if child.type == "template_interpolation" and len(inner) == 1:
            yield _expression(inner[0], depth + 1)
        else:
            yield Unknown(_text(child))
    if at < len(source) - 1:
        yield unescaped(source[at:-1].decode("utf-8", "replace"))


def _pair(node: Node, depth: int) -> tuple[Expression, Expression]:
    sides = [child for child in node.children if child.type == "expression"]
    if len(sides) != 2:
        return Unknown(_text(node)), Unknown(_text(node))
    key = _expression(sides[0], depth + 1)
    if isinstance(key, Traversal) and len(key.parts) == 1:
        key = key.parts[0]  # a bare key is a name, not a variable
    return key, _expression(sides[1], depth + 1)


def _traversal(node: Node, children: list[Node]) -> Expression:
    parts = [_text(children[0])]
    indexed = False
    for child in children[1:]:
        if child.type == "get_attr":
            parts.append(_text(child).lstrip("."))
        elif child.type == "index":
            indexed = True
        else:
            return Unknown(_text(node))
    return Traversal(tuple(parts), indexed)
