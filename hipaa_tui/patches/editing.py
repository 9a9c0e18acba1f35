"""Edits a block where it stands, by bytes: outside of the edit not one byte of the file changes.

A value that is a literal is replaced; one that is a reference is left alone and named, since it is changed where
it is set. What is added goes behind what is there, in the way `terraform fmt` leaves alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hipaa_tui.patches import hcl
from hipaa_tui.patches.hcl import Block
from hipaa_tui.patches.heredocs import added_to_heredoc, is_heredoc
from hipaa_tui.patches.policies import NotAddableError, Statement, added_to_jsonencode, wanted_statements
from hipaa_tui.patches.syntax import Expression, Items, expression_in, expression_of, is_literal, tree

if TYPE_CHECKING:
    from tree_sitter import Node

BOM: Final = b"\xef\xbb\xbf"
_COMMENTED: Final = re.compile(rb"^\s*[\w-]+\s*=.*\S\s+(#|//|/\*)")
Means = Callable[[Expression], frozenset[str] | None]
"""The strings that an expression of the file can be; None where only Terraform can tell."""

Follow = Callable[[Expression, str, str], None]
"""Takes over an argument whose value is set elsewhere: (what stands there, its name, the wanted text).

NotEditableError where it cannot."""


class NotEditableError(Exception):
    """Why a block cannot be edited where it stands, as a sentence; the line counts from 1."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class _Edit:
    """`text` in the place of the bytes from `start` to `end`."""

    start: int
    end: int
    text: bytes


def lay_over(
    data: bytes,
    labels: Sequence[str],
    wanted: Block,
    means: Means = lambda _: None,
    *,
    follow: Follow | None = None,
    kind: str = "resource",
) -> bytes:
    """The file with the block of these labels (a resource's type and name) brought to what `wanted` says of it.

    Arguments and nested blocks that `wanted` does not name stay as they are. The same bytes come back where all
    is as wanted. `follow` takes over what is set elsewhere. NotEditableError where that cannot be done without a
    person.
    """
    bom = BOM if data.startswith(BOM) else b""
    source = data.removeprefix(BOM)
    head = (kind, *labels)
    out = _edited(source, _Writer(source, means, follow).over(_only(tree(source), head), wanted))
    # Edited, it is HCL still, and its block says what was wanted; else it is not to be committed.
    again = tree(out)
    passed = _set_elsewhere if follow else None
    if again.has_error or _Writer(out, means, passed).over(_only(again, head), wanted):
        raise NotEditableError("the block has a shape that cannot be edited safely")
    return bom + out


def set_value(data: bytes, head: Sequence[str], name: str, text: str, means: Means = lambda _: None) -> bytes:
    """The file with an argument of the block of that head set to `text`; a literal takes the place of a literal.

    A head is ("variable", "days"), ("locals",), or () for the arguments of a .tfvars file. NotEditableError where
    the argument is no literal, or not one such argument stands there.
    """
    bom = BOM if data.startswith(BOM) else b""
    source = data.removeprefix(BOM)
    writer = _Writer(source, means, None)
    out = _edited(source, writer.replaced(_argument(tree(source), head, name), name, text))
    if _Writer(out, means, None).replaced(_argument(tree(out), head, name), name, text):
        raise NotEditableError(f"{name} has a shape that cannot be edited safely")
    return bom + out


def add_blocks(data: bytes, head: Sequence[str], blocks: Sequence[Block]) -> bytes:
    """The file with nested blocks added at the end of the block of that head (("data", type, name)).

    NotEditableError where that block is not there once, or has a shape that takes none.
    """
    bom = BOM if data.startswith(BOM) else b""
    source = data.removeprefix(BOM)
    out = _edited(
        source, _Writer(source, lambda _: None, None).with_blocks(_only(tree(source), tuple(head)), blocks)
    )
    _only(tree(out), tuple(head))
    return bom + out


def _argument(root: Node, head: Sequence[str], name: str) -> Node:
    if root.has_error:
        raise NotEditableError("the file is not HCL")
    bodies = [_body(one) for one in _blocks(root) if _head(one) == tuple(head)] if head else [_body(root)]
    found = [one for body in bodies for one in body if one.type == "attribute" and _name(one) == name]
    if len(found) != 1:
        raise NotEditableError(f"{name} is set {len(found)} times in {' '.join(head) or 'the file'}")
    return found[0]


def _edited(source: bytes, edits: Iterable[_Edit]) -> bytes:
    out, last = b"", 0
    for edit in sorted(edits, key=lambda one: one.start):  # of two at one place the earlier stays the earlier
        out += source[last : edit.start] + edit.text
        last = edit.end
    return out + source[last:]


def _only(root: Node, head: tuple[str, ...]) -> Node:
    if root.has_error:
        raise NotEditableError("the file is not HCL")
    found = [node for node in _blocks(root) if _head(node) == head]
    if len(found) != 1:
        raise NotEditableError(f"there are {len(found)} blocks {'.'.join(head[1:])}")
    return found[0]


def _set_elsewhere(_value: Expression, _name: str, _text: str) -> None:
    """Looking again: what is set elsewhere was seen to."""


class _Writer:
    def __init__(self, source: bytes, means: Means, follow: Follow | None) -> None:
        self.source = source
        self.means = means
        self.follow = follow
        self.newline = "\r\n" if b"\r\n" in source else "\n"

    # -- finding what differs

    def over(self, block: Node, wanted: Block) -> list[_Edit]:
        """What has to be edited in the block. NotEditableError."""
        inside = _parts(block)[2]
        attributes = {_name(child): child for child in inside if child.type == "attribute"}
        edits: list[_Edit] = []
        added: list[tuple[str, str]] = []
        for name, text in wanted.attributes:
            if name in attributes:
                edits += self.replaced(attributes[name], name, text)
            elif expression_in(text) is not None:
                added.append((name, text))  # null says what its absence says
        fresh: list[Block] = []
        for inner in wanted.blocks:
            there = [child for child in inside if child.type == "block" and _head(child)[0] == inner.type]
            if any(_head(child)[:2] == ("dynamic", inner.type) for child in inside if child.type == "block"):
                raise NotEditableError(f"its blocks {inner.type} are dynamic", _line(block))
            same_type = [one for one in wanted.blocks if one.type == inner.type]
            if not there:
                fresh.append(inner)
            elif len(there) == len(same_type) == 1:
                edits += self.over(there[0], inner)
            elif all(self.over_or_none(one, inner) != [] for one in there):
                raise NotEditableError(
                    f"it has {len(there)} blocks {inner.type}, and which one is meant is not sure",
                    _line(block),
                )
        if added or fresh:
            edits += self._added(block, added, fresh)
        return edits

    def with_blocks(self, block: Node, blocks: Sequence[Block]) -> list[_Edit]:
        """Nested blocks at its end, whatever is there."""
        return self._added(block, [], list(blocks))

    def over_or_none(self, block: Node, wanted: Block) -> list[_Edit] | None:
        """As `over`; None where it cannot be edited."""
        try:
            return self.over(block, wanted)
        except NotEditableError:
            return None

    def replaced(self, attribute: Node, name: str, text: str) -> list[_Edit]:
        node = next(child for child in attribute.children if child.type == "expression")
        now, then = expression_of(node), expression_in(text)
        if self._same(now, then) or _squeezed(self._text(node)) == _squeezed(text):
            return []
        statements = wanted_statements(text) if text.startswith("jsonencode(") else None
        if statements and (is_heredoc(node) or b"jsonencode" in (node.text or b"")):
            return self._policy(attribute, node, name, statements)
        if not is_literal(now):
            if self.follow:
                try:
                    self.follow(now, name, text)
                except NotEditableError as error:
                    raise NotEditableError(str(error), error.line or _line(attribute)) from None
                return []
            shown = " ".join(self._text(node).split())[:80]
            raise NotEditableError(f"{name} is {shown}: change it where that is set", _line(attribute))
        start, end = node.start_byte, node.end_byte
        indent = self._indent(attribute)
        new = text.replace("\n", "\n" + indent)
        return [_Edit(start, end, self._encoded(new)), *self._comment(end, len(self._text(node)) - len(new))]

    def _policy(self, attribute: Node, node: Node, name: str, wanted: list[Statement]) -> list[_Edit]:
        """Statements that a policy in jsonencode lacks."""
        try:
            if is_heredoc(node):
                found = added_to_heredoc(self.source, node, wanted, self.means)
            else:
                found = added_to_jsonencode(node, wanted, self.means)
        except NotAddableError as error:
            raise NotEditableError(f"{name}: {error}", _line(attribute)) from None
        return [] if found is None else [_Edit(found[0], found[1], self._encoded(found[2]))]

    def _same(self, now: Expression, then: Expression) -> bool:
        if type(now) is type(then) and now == then and is_literal(now):
            return True
        if isinstance(then, str):
            return self.means(now) == frozenset({then})
        if isinstance(now, Items) and isinstance(then, Items):
            return self._same_items(now, then)
        # Terraform takes "true" and "7" for true and 7.
        return (
            isinstance(now, str)
            and not isinstance(then, str)
            and is_literal(then)
            and now == str(then).lower()
        )

    def _same_items(self, now: Items, then: Items) -> bool:
        if len(now.values) != len(then.values) or len(now.keys) != len(then.keys):
            return False
        if not now.keys:
            return all(map(self._same, now.values, then.values))
        mine, theirs = (dict(zip(map(repr, one.keys), one.values, strict=True)) for one in (now, then))
        return mine.keys() == theirs.keys() and all(self._same(mine[key], theirs[key]) for key in mine)

    def _comment(self, end: int, shorter: int) -> Iterator[_Edit]:
        """Keeps a comment behind the value in the column of its neighbours' comments, as far as there are blanks."""
        stop = end
        while stop < len(self.source) and self.source[stop : stop + 1] == b" ":
            stop += 1
        if self.source[stop : stop + 1] in {b"#", b"/"} and stop > end:
            blanks = max(1, stop - end + shorter) if self._beside_comments(end) else 1
            if blanks != stop - end:
                yield _Edit(end, stop, b" " * blanks)

    def _beside_comments(self, at: int) -> bool:
        """Does the line before or behind have a comment behind its value too? `terraform fmt` aligns those."""
        start, end = self._line_start(at), self._line_end(at)
        above = self.source[self._line_start(start - 1) : start] if start else b""
        below = self.source[end:].split(b"\n", 1)[0]
        return any(_COMMENTED.search(one) for one in (above, below))

    # -- adding

    def _added(self, block: Node, added: list[tuple[str, str]], fresh: list[Block]) -> list[_Edit]:
        """New arguments behind the last one, new blocks before the closing brace."""
        if block.start_point[0] == block.end_point[0]:
            return [self._opened(block, added, fresh)]
        opened, close, inside = _parts(block)
        if self.source[self._line_start(close.start_byte) : close.start_byte].strip():
            raise NotEditableError("its closing brace does not stand on a line of its own", _line(block))
        attributes = [child for child in inside if child.type == "attribute"]
        blocks = any(child.type == "block" for child in inside)
        inner = self._indent(block) + "  "
        edits = []
        if added:
            at = self._line_end(attributes[-1].end_byte if attributes else opened.end_byte)
            edits.append(_Edit(at, at, self._encoded(self._lines(attributes, added, inner, blocks=blocks))))
        if fresh:
            at = self._line_start(close.start_byte)
            alone = not (attributes or blocks or added)
            text = "".join(
                ("" if alone and index == 0 else "\n") + hcl.written(one, len(inner))
                for index, one in enumerate(fresh)
            )
            edits.append(_Edit(at, at, self._encoded(text)))
        return edits

    def _lines(self, there: list[Node], added: list[tuple[str, str]], indent: str, *, blocks: bool) -> str:
        """The new arguments as lines: in the column of the last group where they fit, else as a group of their own."""
        column = self._column(there)
        longest = max(len(name) for name, _ in added)
        single = all("\n" not in text for _, text in added)
        if column and longest <= column and single:
            return "".join(f"{indent}{name.ljust(column)} = {text}\n" for name, text in added)
        own = "".join(f"{indent}{line}\n" for line in hcl.aligned(added, len(indent)))
        # `terraform fmt` aligns a heredoc's first line with the line behind it, though not a list's.
        heredoc = bool(there) and "<<" in self._text(there[-1]).split("\n", 1)[0]
        gap = "\n" if column or heredoc else ""
        after = "\n" if blocks and not there else ""
        return gap + own + after

    def _column(self, there: list[Node]) -> int:
        """How wide the names of the last group of one-line arguments are; 0 where there is no such group."""
        if not there or there[-1].start_point[0] != there[-1].end_point[0]:
            return 0
        last = there[-1]
        equals = next((child for child in last.children if child.type == "="), None)
        return 0 if equals is None else equals.start_byte - last.start_byte - 1

    def _opened(self, block: Node, added: list[tuple[str, str]], fresh: list[Block]) -> _Edit:
        """A block on one line becomes one of several lines."""
        opened, close, inside = _parts(block)
        if any(child.type in {"block", "comment"} for child in inside):
            raise NotEditableError("the block stands on one line with more than arguments", _line(block))
        there = [
            (_name(child), self._text(next(one for one in child.children if one.type == "expression")))
            for child in inside
        ]
        indent = self._indent(block)
        whole = Block("x", attributes=(*there, *added), blocks=tuple(fresh))
        lines = hcl.written(whole, len(indent)).split("\n")[1:-2]
        return _Edit(
            opened.end_byte, close.start_byte, self._encoded("\n" + "\n".join(lines) + "\n" + indent)
        )

    # -- bytes

    def _text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _encoded(self, text: str) -> bytes:
        return text.replace("\n", self.newline).encode()

    def _indent(self, node: Node) -> str:
        start = self._line_start(node.start_byte)
        before = self.source[start : node.start_byte].decode("utf-8", "replace")
        return before[: len(before) - len(before.lstrip())]

    def _line_start(self, at: int) -> int:
        return self.source.rfind(b"\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        """Behind the newline that ends the line; a heredoc's node ends behind its own."""
        if at and self.source[at - 1 : at] == b"\n":
            return at
        found = self.source.find(b"\n", at)
        return len(self.source) if found < 0 else found + 1


def _parts(block: Node) -> tuple[Node, Node, list[Node]]:
    """(the opening brace, the closing one, what stands between them)."""
    opened = next(child for child in block.children if child.type == "block_start")
    close = next(child for child in block.children if child.type == "block_end")
    body = next((child for child in block.children if child.type == "body"), None)
    return opened, close, list(body.children) if body else []


def _blocks(root: Node) -> list[Node]:
    body = next((child for child in root.children if child.type == "body"), None)
    return [child for child in body.children if child.type == "block"] if body else []


def _body(node: Node) -> list[Node]:
    body = next((child for child in node.children if child.type == "body"), None)
    return list(body.children) if body else []


def _head(block: Node) -> tuple[str, ...]:
    """("resource", "aws_s3_bucket", "phi")"""
    names = [child for child in block.children if child.type in {"identifier", "string_lit"}]
    return tuple(_name_of(child) for child in names)


def _name_of(node: Node) -> str:
    text = (node.text or b"").decode("utf-8", "replace")
    return text[1:-1] if node.type == "string_lit" else text


def _name(attribute: Node) -> str:
    return next((_name_of(child) for child in attribute.children if child.type == "identifier"), "")


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _squeezed(text: str) -> str:
    return " ".join(text.split())
