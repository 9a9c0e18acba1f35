"""Edits the values of a dynamic block: in its for_each, or in the variable or local that this refers to.

Each element of the for_each is one block. The element to edit is found by the block's earlier value in the cloud.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hipaa_tui.patches.editing.arguments import Arguments, merging_in, squeezed
from hipaa_tui.patches.editing.containers import Box
from hipaa_tui.patches.language import hcl
from hipaa_tui.patches.language.edits import Edit, NotEditableError
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.nodes import attributes_in, blocks_in, head_of, line_of, value_of
from hipaa_tui.patches.language.styles import Style
from hipaa_tui.patches.language.syntax import (
    Expression,
    Items,
    Traversal,
    Unknown,
    expression_in,
    expression_of,
    is_literal,
)
from hipaa_tui.patches.language.value_spans import Part, call_in, part_in, part_of
from hipaa_tui.support.json_value import Json

if TYPE_CHECKING:
    from tree_sitter import Node

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a for_each, by its place from 0: its key ("" in a list) and its value."""

    at: int
    key: str
    value: Expression

    @property
    def called(self) -> str:
        return f'element "{self.key}"' if self.key else f"element {self.at + 1}"

    def inside(self, path: Path) -> Expression:
        """What stands at a path in its value; Unknown where that is not said."""
        value = self.value
        for name in path:
            keys = (
                dict(zip(map(str, value.keys), value.values, strict=True)) if isinstance(value, Items) else {}
            )
            if name not in keys:
                return Unknown(name)
            value = keys[name]
        return value


def dynamic_edits(arguments: Arguments, node: Node, new: list[Block], gone: list[Block]) -> list[Edit]:
    """What has to be edited so that the dynamic block makes the new blocks and no longer those that are gone.

    NotEditableError says which element is to be changed where that is a person's to do.
    """
    return _Dynamic(arguments, node).edits(new, gone)


@dataclass
class _Dynamic:
    arguments: Arguments
    node: Node

    def __post_init__(self) -> None:
        self.type = head_of(self.node)[1]
        given = attributes_in(self.node)
        if "for_each" not in given:
            raise self.refused("it has no for_each")
        named = expression_of(value_of(given["iterator"])) if "iterator" in given else None
        self.iterator = named.parts[0] if isinstance(named, Traversal) else self.type
        self.each = value_of(given["for_each"])
        content = [one for one in blocks_in(self.node) if head_of(one) == ("content",)]
        if len(content) != 1:
            raise self.refused("it has no content")
        self.content = attributes_in(content[0])
        self.nested = bool(blocks_in(content[0]))
        self.elements = self._elements()

    def refused(self, reason: str) -> NotEditableError:
        return NotEditableError(f"its blocks {self.type} are dynamic, and {reason}", line_of(self.node))

    @property
    def shown(self) -> str:
        return squeezed(self.arguments.text(self.each))[:80]

    def _elements(self) -> list[Element]:
        value = expression_of(self.each)
        found = value if isinstance(value, Items) else self.arguments.sight.literal(value)
        if not isinstance(found, Items):
            raise self.refused(f"their for_each is {self.shown}: change them where that is defined")
        keys = list(map(str, found.keys)) or [""] * len(found.values)
        return [Element(at, key, one) for at, (key, one) in enumerate(zip(keys, found.values, strict=True))]

    def edits(self, new: list[Block], gone: list[Block]) -> list[Edit]:
        missing = [one for one in new if not any(self._says(element, one) for element in self.elements)]
        edits: list[Edit] = []
        for one in missing:
            edits += self._brought(self._meant(one, gone, missing), one)
        return edits + (self._taken_out(gone, new) if not missing else [])

    # -- which element

    def _meant(self, one: Block, gone: list[Block], missing: list[Block]) -> Element:
        if one.blocks or self.nested:
            raise self.refused(f"a block in their content has to change: change it there, or in {self.shown}")
        old = [block for block in gone if not block.blocks and _alike(block, one)]
        if gone and len(old) == 1 and len(missing) == 1:
            same = [element for element in self.elements if self._says(element, old[0])]
            if len(same) == 1:
                return same[0]
        if not gone and len(self.elements) == 1:
            return self.elements[0]
        if not gone:
            raise self.refused(f"one more is needed: add an element to {self.shown}")
        raise self.refused(
            f"it is not certain which of the {len(self.elements)} elements of {self.shown} has to change"
        )

    def _says(self, element: Element, block: Block) -> bool:
        if block.blocks or self.nested:
            return False
        return all(self._same(element, name, expression_in(text)) for name, text in block.attributes)

    def _same(self, element: Element, name: str, then: Expression) -> bool:
        if name not in self.content:
            return then is None or (isinstance(then, Items) and not then.values)
        now = self._here(element, expression_of(value_of(self.content[name])))
        return self.arguments.same(now, then)

    def _here(self, element: Element, value: Expression) -> Expression:
        """What an expression of the content is for the element."""
        path = self._path(value)
        if path is not None:
            return element.inside(path)
        if isinstance(value, Traversal) and value.parts == (self.iterator, "key"):
            return element.key or element.value
        if isinstance(value, Items) and not value.keys:
            return Items(tuple(self._here(element, one) for one in value.values))
        return value

    def _path(self, value: Expression) -> Path | None:
        """The path in the element's value that an expression takes; None where it takes something else."""
        if isinstance(value, Traversal) and not value.indexed and value.parts[:2] == (self.iterator, "value"):
            return value.parts[2:]
        return None

    # -- editing it

    def _brought(self, element: Element, wanted: Block) -> list[Edit]:
        changes: list[tuple[Path, str]] = []
        for name, said in wanted.attributes:
            then, text = expression_in(said), said
            if self._same(element, name, then):
                continue
            if name not in self.content:
                raise self.refused(f"{name} = {squeezed(text)[:60]} has to be added to their content")
            now = expression_of(value_of(self.content[name]))
            one = now.values[0] if isinstance(now, Items) and len(now.values) == 1 and not now.keys else None
            if (
                self._path(now) is None
                and one is not None
                and isinstance(then, Items)
                and len(then.values) == 1
            ):
                now, then = one, then.values[0]
                text = hcl.expression(then) if is_literal(then) and not isinstance(then, Items) else text
            path = self._path(now)
            if path is None:
                raise self.refused(
                    f"{name} is {squeezed(self.arguments.text(value_of(self.content[name])))[:60]} for all of them: "
                    f"for {element.called} of {self.shown} set {name} = {squeezed(text)[:60]}"
                )
            changes.append((path, text))
        return self._set(element, changes)

    def _set(self, element: Element, changes: list[tuple[Path, str]]) -> list[Edit]:
        box = self._in_place()
        if box is None:
            self._elsewhere(element, changes)
            return []
        part = (
            (box.items or ())[element.at] if box.items is not None else (box.entries or ())[element.at].value
        )
        edits: list[Edit] = []
        for path, text in changes:
            leaf: Part | None = part
            for name in path:
                leaf = leaf.get(name) if leaf else None
            then = part_in(text)
            if leaf is None or then is None:
                raise self.refused(
                    f"in {element.called} of {self.shown} set {'.'.join(path)} = {squeezed(text)[:60]}"
                )
            merging = merging_in(self.arguments.source, Style(), self.arguments.sight)
            edits += merging.bring(leaf, then, None, f"{'.'.join(path) or 'the value'} in {element.called}")
        return edits

    def _in_place(self) -> Part | None:
        """The list or map of the for_each where it is written there."""
        inner = call_in(self.each, "toset", "tolist", "tomap")
        part = part_of(inner[0] if inner else self.each, self.arguments.source)
        return part if part.items is not None or part.entries is not None else None

    def _elsewhere(self, element: Element, changes: list[tuple[Path, str]]) -> None:
        """Have the whole list or map set where it comes from, with the element changed."""
        follow = self.arguments.sight.follow
        told = ", ".join(f"{'.'.join(path) or 'the value'} = {squeezed(text)[:60]}" for path, text in changes)
        words = f"in {element.called} of {self.shown} set {told}"
        values = [one.value for one in self.elements]
        if follow is None or not all(map(is_literal, values)):
            raise self.refused(words)
        data = [_plain(one) for one in values]
        for path, text in changes:
            data[element.at] = _with(data[element.at], path, _plain(expression_in(text)))
        whole: Json = (
            {one.key: each for one, each in zip(self.elements, data, strict=True)}
            if self.elements[0].key
            else data
        )
        try:
            follow(expression_of(self.each), "for_each", hcl.expression(whole), "")
        except NotEditableError as error:
            raise self.refused(f"{words} ({error})") from None

    def _taken_out(self, gone: list[Block], new: list[Block]) -> list[Edit]:
        drop = []
        for one in gone:
            same = [element for element in self.elements if self._says(element, one)]
            same = [element for element in same if not any(self._says(element, block) for block in new)]
            if len(same) > 1:
                raise self.refused(f"it is not certain which element of {self.shown} has to be removed")
            drop += same
        if not drop:
            return []
        box = self._in_place()
        if box is None:
            raise self.refused(
                f"{' and '.join(one.called for one in drop)} of {self.shown} has to be removed"
            )
        return Box(self.arguments.source, box, Style().like(self.arguments.source, box)).change(
            [one.at for one in drop], []
        )


def _alike(old: Block, new: Block) -> bool:
    """Is the new block the old one changed?"""
    same = sum(row in old.attributes for row in new.attributes)
    return same * 2 >= len(new.attributes) and {name for name, _ in old.attributes} <= {
        name for name, _ in new.attributes
    }


def _plain(value: Expression) -> Json:
    if isinstance(value, Items):
        if value.keys:
            return {str(key): _plain(one) for key, one in zip(value.keys, value.values, strict=True)}
        return [_plain(one) for one in value.values]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    raise NotEditableError("only literals can be set there")


def _with(value: Json, path: Path, leaf: Json) -> Json:
    if not path:
        return leaf
    if not isinstance(value, dict):
        raise NotEditableError(f"{'.'.join(path)} does not exist")
    return {**value, path[0]: _with(value.get(path[0]), path[1:], leaf)}
