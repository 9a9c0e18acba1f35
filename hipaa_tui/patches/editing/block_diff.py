"""Compares a block of a file with the wanted one, and computes the edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hipaa_tui.patches.editing.arguments import Arguments
from hipaa_tui.patches.editing.dynamics import dynamic_edits
from hipaa_tui.patches.editing.edit_context import Difference, EditContext
from hipaa_tui.patches.language import hcl
from hipaa_tui.patches.language.edits import (
    Edit,
    NotEditableError,
    OfRootError,
    behind_comments,
    encoded,
    indent_at,
    line_end,
    line_start,
    newline_of,
)
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.nodes import attributes_in, head_of, line_of, name_of, parts_of, value_of
from hipaa_tui.patches.language.syntax import Items, expression_in
from hipaa_tui.patches.language.value_spans import document_in, part_in, walk

if TYPE_CHECKING:
    from tree_sitter import Node

_NOTHING = Difference()


class Writer:
    """Writes over the blocks of one file."""

    def __init__(self, source: bytes, sight: EditContext) -> None:
        self.source = source
        self.sight = sight
        self.arguments = Arguments(source, sight)
        self.leaving: set[int] = set()

    def over(self, block: Node, wanted: Block, difference: Difference = _NOTHING) -> list[Edit]:
        """What has to be edited in the block. NotEditableError."""
        _, _, inside = parts_of(block)
        attributes = attributes_in(block)
        there = [child for child in inside if child.type == "block"]
        edits: list[Edit] = []
        added: list[tuple[str, str]] = []
        fresh: list[Block] = []
        for name, text in wanted.attributes:
            value = expression_in(text)
            same = [one for one in there if _type(one) == name]
            if name in attributes:
                edits += self.arguments.set(attributes[name], name, text, difference.earlier(name))
            elif same and isinstance(value, Items) and not value.values:
                edits += self._several(block, same, [], difference.gone(name), fresh, all_go=True)
                added.append((name, text))
            elif same:
                raise NotEditableError(f"it has blocks {name}: change them there", line_of(same[0]))
            elif value is not None:
                added.append((name, text))  # null says what its absence says
        for type in dict.fromkeys([*(one.type for one in wanted.blocks), *_left(wanted, difference)]):
            if type in attributes:
                raise NotEditableError(
                    f"{type} is set as an argument: change it there", line_of(attributes[type])
                )
            edits += self._nested(block, type, wanted, difference, fresh)
        edits += self._taken(attributes, wanted, difference)
        if added or fresh:
            edits += self.added(block, added, fresh)
        return edits

    def _taken(self, attributes: Mapping[str, Node], wanted: Block, difference: Difference) -> Iterator[Edit]:
        """Arguments that the change takes away, where they say what the cloud has."""
        for name in difference.taken:
            node = attributes.get(name)
            if node is None or wanted.get(name) is not None:
                continue
            if not self.arguments.says(node, difference.earlier(name)):
                shown = " ".join(self.arguments.text(value_of(node)).split())[:80]
                raise NotEditableError(
                    f"{name} has to be removed, but its value {shown} is only in the file, not in the cloud",
                    line_of(node),
                )
            start, end = line_start(self.source, node.start_byte), line_end(self.source, node.end_byte)
            rest = self.source[node.end_byte : end].strip()
            if self.source[start : node.start_byte].strip() or not (
                not rest or rest.startswith((b"#", b"//"))
            ):
                raise NotEditableError(
                    f"{name} has to be removed, but shares its line with others", line_of(node)
                )
            yield Edit(start, end, b"")
            yield from self._closer(node, [one for one in attributes.values() if one != node])

    def _closer(self, gone: Node, others: list[Node]) -> Iterator[Edit]:
        """`terraform fmt` aligns by the longest name of a group: the others come closer where that one goes."""
        group, lines = [gone], {one.start_point[0]: one for one in others if _one_line(one)}
        for step in (-1, 1):
            line = gone.start_point[0] + step
            while line in lines:
                group.append(lines[line])
                line += step
        column = _column([gone])
        wide = [len(name_of(one)) for one in group]
        if len(group) == 1 or wide[0] != column or max(wide[1:]) == column:
            return
        if all(_column([one]) == column for one in group):
            for one in group[1:]:
                at = one.start_byte + len(name_of(one).encode())
                yield Edit(at, one.start_byte + column, b" " * (max(wide[1:]) - len(name_of(one))))

    # -- nested blocks

    def _nested(
        self, block: Node, type: str, wanted: Block, difference: Difference, fresh: list[Block]
    ) -> list[Edit]:
        inside = [child for child in parts_of(block)[2] if child.type == "block"]
        there = [child for child in inside if _type(child) == type]
        dynamic = [child for child in inside if head_of(child)[:2] == ("dynamic", type)]
        meant = [one for one in wanted.blocks if one.type == type]
        gone, new = difference.gone(type), difference.new(type)
        if dynamic:
            if there or len(dynamic) > 1:
                raise NotEditableError(
                    f"some of its blocks {type} are dynamic: change them by hand", line_of(dynamic[0])
                )
            return dynamic_edits(self.arguments, dynamic[0], new or meant, gone)
        if len(meant) == 1 and len(there) <= 1 and len(gone) <= 1:
            if there:
                return self.over(there[0], meant[0], difference.inner(type))
            fresh.append(meant[0])
            return []
        if difference.known and (gone or there):
            return self._several(block, there, new, gone, fresh, all_go=type in difference.left)
        if not there:
            fresh.extend(meant)
        for one in meant if there else ():
            if all(self._over_or_none(node, one) != [] for node in there):
                raise NotEditableError(
                    f"it has {len(there)} blocks {type}, and it is not certain which one has to change",
                    line_of(block),
                )
        return []

    def _several(
        self,
        block: Node,
        there: list[Node],
        new: list[Block],
        gone: list[Block],
        fresh: list[Block],
        *,
        all_go: bool,
    ) -> list[Edit]:
        """Of several blocks of one type those that are to go, to change and to come, each where it is certain which."""
        edits: list[Edit] = []
        said = [node for node in there for one in new if self._over_or_none(node, one) == []]
        missing = [one for one in new if all(self._over_or_none(node, one) != [] for node in there)]
        leaving: list[tuple[Node, Block]] = []
        for one in gone:
            same = [node for node in there if node not in said and self._says(node, one)]
            if len(same) == 1:
                leaving.append((same[0], one))
            elif len(same) > 1 or (not same and missing):
                raise NotEditableError(
                    f"it has {len(there)} blocks {one.type}, and it is not certain which one has to change",
                    line_of(block),
                )
        stays = next((one for one in there if all(one != node for node, _ in leaving)), None)
        if all_go and stays is not None:
            raise NotEditableError(
                f"its blocks {_type(stays)} have to be removed, but one is only in the file, not in the cloud",
                line_of(stays),
            )
        for node, old in leaving:
            heir = _heir(old, missing)
            if heir is None:
                edits.append(self.without(node))
            else:
                missing.remove(heir)
                edits += self.over(node, heir)
        fresh += missing
        return edits

    def _says(self, node: Node, block: Block) -> bool:
        """Is it this block, with nothing more in it?"""
        more = set(attributes_in(node)) - {name for name, _ in block.attributes}
        return not more and self._over_or_none(node, block) == []

    def without(self, node: Node) -> Edit:
        """The block goes with its lines, and one blank line before it."""
        self.leaving.add(node.start_byte)
        start, end = line_start(self.source, node.start_byte), line_end(self.source, node.end_byte)
        if self.source[start : node.start_byte].strip() or self.source[node.end_byte : end].strip():
            raise NotEditableError(
                "a block that has to be removed shares its lines with others", line_of(node)
            )
        before = line_start(self.source, max(0, start - 1))
        if before < start and not self.source[before:start].strip():
            start = before
        return Edit(start, end, b"")

    def _over_or_none(self, block: Node, wanted: Block) -> list[Edit] | None:
        """As `over`; None where it cannot be edited. Follows nothing."""
        alone = EditContext(
            self.sight.means, self.sight.theirs, self.sight.literal, None, apart=self.sight.apart
        )
        try:
            return Writer(self.source, alone).over(block, wanted)
        except NotEditableError:
            return None

    # -- adding

    def added(self, block: Node, added: list[tuple[str, str]], fresh: list[Block]) -> list[Edit]:
        """New arguments behind the last one, new blocks before the closing brace."""
        if self.sight.apart:
            _refuse_names(self.sight, added, fresh)
        if block.start_point[0] == block.end_point[0]:
            return [self._opened(block, added, fresh)]
        opened, close, inside = parts_of(block)
        if self.source[line_start(self.source, close.start_byte) : close.start_byte].strip():
            raise NotEditableError("its closing brace is not on a line of its own", line_of(block))
        attributes = [child for child in inside if child.type == "attribute"]
        blocks = any(child.type == "block" and child.start_byte not in self.leaving for child in inside)
        inner = indent_at(self.source, block.start_byte) + self._unit(block, inside)
        edits = []
        if added:
            at = behind_comments(self.source, attributes[-1].end_byte if attributes else opened.end_byte)
            edits.append(Edit(at, at, self._encoded(self._lines(attributes, added, inner, blocks=blocks))))
        if fresh:
            at = line_start(self.source, close.start_byte)
            alone = not (attributes or blocks or added)
            text = "".join(
                ("" if alone and index == 0 else "\n") + self._written(one, inner)
                for index, one in enumerate(fresh)
            )
            edits.append(Edit(at, at, self._encoded(text)))
        return edits

    def _unit(self, block: Node, inside: list[Node]) -> str:
        """One step of indentation, as the block has it."""
        outer = indent_at(self.source, block.start_byte)
        for child in inside:
            start = line_start(self.source, child.start_byte)
            mine = indent_at(self.source, child.start_byte)
            if (
                child.type != "comment"
                and start > block.start_byte
                and mine.startswith(outer)
                and mine != outer
            ):
                return mine[len(outer) :]
        return "  "

    def _written(self, block: Block, indent: str) -> str:
        """The block behind that indentation; with tabs where the file has them."""
        lines = hcl.written(block).splitlines(keepends=True)
        return "".join(
            indent + (_tabbed(line) if "\t" in indent else line) if line.strip() else line for line in lines
        )

    def _lines(self, there: list[Node], added: list[tuple[str, str]], indent: str, *, blocks: bool) -> str:
        """The new arguments as lines: in the column of the last group where they fit, else as a group of their own."""
        column = _column(there)
        longest = max(len(name) for name, _ in added)
        single = all("\n" not in text for _, text in added)
        if column and longest <= column and single:
            return "".join(f"{indent}{name.ljust(column)} = {text}\n" for name, text in added)
        rows = [(name, text.replace("\n", "\n" + indent)) for name, text in added]
        own = "".join(f"{indent}{line}\n" for line in hcl.aligned(rows, 0))
        # `terraform fmt` aligns a heredoc's first line with the line behind it, though not a list's.
        heredoc = (
            bool(there) and b"<<" in self.source[there[-1].start_byte : there[-1].end_byte].split(b"\n", 1)[0]
        )
        gap = "\n" if column or heredoc else ""
        after = "\n" if blocks and not there else ""
        return gap + own + after

    def _opened(self, block: Node, added: list[tuple[str, str]], fresh: list[Block]) -> Edit:
        """A block on one line becomes one of several lines."""
        opened, close, inside = parts_of(block)
        if any(child.type == "comment" for child in inside):
            raise NotEditableError(
                "the block is on one line with a comment: split it into several lines first", line_of(block)
            )
        there = [
            (name_of(child), self.arguments.text(value_of(child)))
            for child in inside
            if child.type == "attribute"
        ]
        nested = [child for child in inside if child.type == "block"]
        indent = indent_at(self.source, block.start_byte)
        whole = Block("x", attributes=(*there, *added))
        lines = hcl.written(whole, len(indent)).split("\n")[1:-2] if there or added else []
        shown = [*lines]
        for one in nested:
            text = self.source[one.start_byte : one.end_byte].decode("utf-8", "replace")
            shown += ["", f"{indent}  {text}"] if shown else [f"{indent}  {text}"]
        for new in fresh:
            text = self._written(new, indent + "  ").rstrip("\n")
            shown += ["", text] if shown else [text]
        return Edit(opened.end_byte, close.start_byte, self._encoded("\n" + "\n".join(shown) + "\n" + indent))

    def _encoded(self, text: str) -> bytes:
        return encoded(text, newline_of(self.source))


def _left(wanted: Block, difference: Difference) -> list[str]:
    """The types of nested blocks of which the change takes some away, but leaves the others blocks."""
    before = difference.before.blocks if difference.before and difference.after else ()
    return [one.type for one in before if wanted.get(one.type) is None and difference.gone(one.type)]


def _type(block: Node) -> str:
    return head_of(block)[0]


def _heir(old: Block, new: list[Block]) -> Block | None:
    """The new block that is the old one changed: with most of its arguments."""

    def alike(one: Block) -> int:
        return sum(row in old.attributes for row in one.attributes)

    best = max(new, key=alike, default=None)
    names = {name for name, _ in old.attributes}
    return (
        best
        if best and alike(best) * 2 >= len(best.attributes) and names <= {n for n, _ in best.attributes}
        else None
    )


def _one_line(node: Node) -> bool:
    return node.start_point[0] == node.end_point[0]


def _column(there: list[Node]) -> int:
    """How wide the names of the last group of one-line arguments are; 0 where there is no such group."""
    if not there or there[-1].start_point[0] != there[-1].end_point[0]:
        return 0
    last = there[-1]
    equals = next((child for child in last.children if child.type == "="), None)
    return 0 if equals is None else equals.start_byte - last.start_byte - 1


def _tabbed(line: str) -> str:
    bare = line.lstrip(" ")
    return "\t" * ((len(line) - len(bare)) // 2) + bare


def _refuse_names(sight: EditContext, added: list[tuple[str, str]], fresh: list[Block]) -> None:
    """A reference to what the root module declares means nothing in a module."""
    rows = [*added, *(row for one in fresh for row in _rows(one))]
    for name, text in rows:
        part = document_in(text) or part_in(text)
        if part is None or not all(sight.has_name(one.value) for one in walk(part)):
            raise OfRootError(name, text)


def _rows(block: Block) -> list[tuple[str, str]]:
    return [*block.attributes, *(row for one in block.blocks for row in _rows(one))]
