"""Helpers for the syntax tree of an HCL file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipaa_tui.patches.language.edits import NotEditableError

if TYPE_CHECKING:
    from tree_sitter import Node


def parts_of(block: Node) -> tuple[Node, Node, list[Node]]:
    """(the opening brace, the closing one, what stands between them)."""
    opened = next(child for child in block.children if child.type == "block_start")
    close = next(child for child in block.children if child.type == "block_end")
    return opened, close, inside(block)


def inside(node: Node) -> list[Node]:
    """What stands in the body of a block or of a file."""
    body = next((child for child in node.children if child.type == "body"), None)
    return list(body.children) if body else []


def blocks_in(node: Node) -> list[Node]:
    return [child for child in inside(node) if child.type == "block"]


def attributes_in(node: Node) -> dict[str, Node]:
    return {name_of(child): child for child in inside(node) if child.type == "attribute"}


def value_of(attribute: Node) -> Node:
    """The expression behind the `=`."""
    return next(child for child in attribute.children if child.type == "expression")


def head_of(block: Node) -> tuple[str, ...]:
    """("resource", "aws_s3_bucket", "phi")"""
    names = [child for child in block.children if child.type in {"identifier", "string_lit"}]
    return tuple(_word(child) for child in names)


def name_of(attribute: Node) -> str:
    return next((_word(child) for child in attribute.children if child.type == "identifier"), "")


def line_of(node: Node) -> int:
    return node.start_point[0] + 1


def only_block(root: Node, head: tuple[str, ...]) -> Node:
    """The one block of that head. NotEditableError where there is none, or several."""
    if root.has_error:
        raise NotEditableError("the file is not valid HCL")
    found = [node for node in blocks_in(root) if head_of(node) == head]
    if len(found) != 1:
        raise NotEditableError(f"there are {len(found)} blocks {'.'.join(head[1:])}")
    return found[0]


def _word(node: Node) -> str:
    text = (node.text or b"").decode("utf-8", "replace")
    return text[1:-1] if node.type == "string_lit" else text
