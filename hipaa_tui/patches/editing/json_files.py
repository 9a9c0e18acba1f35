"""Reads and edits .tf.json files, Terraform's JSON syntax for the same blocks.

https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from hipaa_tui.patches.editing.arguments import HEREDOC, merging_in, quoted_differs, squeezed
from hipaa_tui.patches.editing.containers import Box
from hipaa_tui.patches.editing.edit_context import Asked, Difference, EditContext
from hipaa_tui.patches.editing.merging import Merging
from hipaa_tui.patches.language.edits import Edit, NotEditableError, line_at
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.json_parts import Text
from hipaa_tui.patches.language.styles import Document, Style
from hipaa_tui.patches.language.syntax import (
    Attribute,
    Declared,
    Expression,
    Parsed,
    expression_in,
    is_literal,
)
from hipaa_tui.patches.language.value_spans import Part, document_in, part_in, several
from hipaa_tui.support.json_value import Json

_LABELS: Final = {
    "resource": 2,
    "data": 2,
    "ephemeral": 2,
    "provider": 1,
    "variable": 1,
    "output": 1,
    "module": 1,
}
_REFERENCES: Final = frozenset({"provider", "to", "from"})
"""Arguments whose string is a reference, not a text."""


def is_json(source: bytes) -> bool:
    """Is it JSON? No file of HCL begins with a brace."""
    return source.lstrip()[:1] == b"{"


def parse_json(text: str) -> Parsed:
    """The blocks of a .tf.json file, as `parse` gives those of a .tf file."""
    source = text.removeprefix("\ufeff").encode("utf-8", "replace")
    try:
        root = _root(source)
    except NotEditableError as error:
        return Parsed((), (), error.line or 1)
    if root.entries is None:
        return Parsed((), (), 1)
    lines = _Lines(source)
    blocks: list[Declared] = []
    for entry in root.entries:
        name = str(entry.key)
        for labels, body in _bodies(entry.value, _LABELS.get(name, 0)):
            blocks.append(_declared(lines, name, labels, body))
    attributes = tuple(_attribute(lines, str(one.key), one.start, one.value) for one in root.entries)
    return Parsed(tuple(blocks), attributes, 0)


def _root(source: bytes) -> Part:
    return Text(source, 0, len(source), strings=True).part()


def _bodies(part: Part, labels: int) -> Iterator[tuple[tuple[str, ...], Part]]:
    for one in several(part):
        if labels == 0:
            if one.entries is not None:
                yield (), one
            continue
        for entry in one.entries or ():
            for rest, body in _bodies(entry.value, labels - 1):
                yield (str(entry.key), *rest), body


class _Lines:
    """The numbers of a file's lines, by the bytes that stand on them."""

    def __init__(self, source: bytes) -> None:
        self.ends = [found.start() for found in re.finditer(rb"\n", source)]

    def at(self, byte: int) -> int:
        return bisect_left(self.ends, byte) + 1


def _declared(lines: _Lines, type: str, labels: tuple[str, ...], body: Part) -> Declared:
    rows = [one for one in body.entries or () if one.key != "//"]
    inner = tuple(
        _declared(lines, str(one.key), (), each)
        for one in rows
        for each in several(one.value)
        if each.entries is not None
    )
    attributes = tuple(_attribute(lines, str(one.key), one.start, one.value) for one in rows)
    return Declared(type, labels, attributes, inner, lines.at(body.start))


def _attribute(lines: _Lines, name: str, start: int, part: Part) -> Attribute:
    value: Expression = part.value
    if name in _REFERENCES and isinstance(value, str):
        value = expression_in(value)
    return Attribute(name, value, part.text, lines.at(start))


def over(
    source: bytes, head: Sequence[str], wanted: Block, sight: EditContext, difference: Difference
) -> list[Edit]:
    """What has to be edited so that the block of that head says what is wanted. NotEditableError."""
    bodies = _find(_root(source), head)
    if len(bodies) != 1:
        raise NotEditableError(f"there are {len(bodies)} blocks {'.'.join(head[1:])}")
    return _over(source, bodies[0], wanted, sight, difference)


def _find(part: Part, head: Sequence[str]) -> list[Part]:
    found = [part]
    for name in head:
        found = [
            each
            for one in found
            for entry in one.entries or ()
            if entry.key == name
            for each in several(entry.value)
        ]
    return [one for one in found if one.entries is not None]


def _over(source: bytes, body: Part, wanted: Block, sight: EditContext, difference: Difference) -> list[Edit]:
    merging = _merging(source, body, sight)
    edits: list[Edit] = []
    add: list[tuple[str | None, Json]] = []
    for name, text in wanted.attributes:
        mine = body.get(name)
        if mine is not None:
            edits += _argument(merging, sight, mine, Asked(name, text, difference.earlier(name)))
        elif expression_in(text) is not None:
            add.append((name, _value(merging, text)))
    for type in dict.fromkeys(one.type for one in wanted.blocks):
        meant = [one for one in wanted.blocks if one.type == type]
        edits += _nested(source, body, meant, sight, difference)
        if body.get(type) is None:
            values = [_block(merging, one) for one in meant]
            add.append((type, values[0] if len(values) == 1 else values))
    drop = _leaving(source, body, wanted, sight, difference)
    return [*edits, *Box(source, body, merging.style).change(drop, add)]


def _leaving(
    source: bytes, body: Part, wanted: Block, sight: EditContext, difference: Difference
) -> list[int]:
    """The places of the arguments and blocks that the change takes away, where they say what the cloud has."""
    merging, alone = _merging(source, body, sight), replace(sight, follow=None)
    partly = [
        one.type
        for one in (difference.before.blocks if difference.before else ())
        if difference.gone(one.type)
    ]
    drop = []
    for at, entry in enumerate(body.entries or ()):
        name = str(entry.key)
        if wanted.get(name) is not None or any(one.type == name for one in wanted.blocks):
            continue
        if name in difference.taken:
            try:
                same = not _argument(
                    merging,
                    alone,
                    entry.value,
                    Asked(name, difference.earlier(name), difference.earlier(name)),
                )
            except NotEditableError:
                same = False
        elif name in partly:
            gone, there = difference.gone(name), several(entry.value)
            same = len(gone) == len(there) and all(
                any(_says(source, one, each, sight) for each in gone) for one in there
            )
        else:
            continue
        if not same:
            raise merging.refused(
                f"{name} has to be removed, but its value is only in the file, not in the cloud", entry.value
            )
        drop.append(at)
    return drop


def _merging(source: bytes, body: Part, sight: EditContext) -> Merging:
    style = Style(json=True, templated=True, sign=": ", quoted=True).like(source, body)
    return merging_in(source, style, sight, keep=True)


def _nested(
    source: bytes, body: Part, meant: list[Block], sight: EditContext, difference: Difference
) -> list[Edit]:
    type = meant[0].type
    dynamic = body.get("dynamic")
    if any(one.get(type) is not None for one in (several(dynamic) if dynamic else ())):
        raise NotEditableError(
            f"its blocks {type} are dynamic: change them there", line_at(source, body.start)
        )
    mine = body.get(type)
    if mine is None:
        return []
    there = several(mine)
    if len(there) == len(meant) == 1 and there[0].entries is not None:
        return _over(source, there[0], meant[0], sight, difference.inner(type))
    for one in meant:
        if not any(_says(source, each, one, sight) for each in there):
            raise NotEditableError(
                f"it has {len(there)} blocks {type}, and it is not certain which one has to change",
                line_at(source, mine.start),
            )
    return []


def _says(source: bytes, body: Part, wanted: Block, sight: EditContext) -> bool:
    alone = EditContext(sight.means, sight.theirs, sight.literal, None, apart=sight.apart)
    try:
        return body.entries is not None and not _over(source, body, wanted, alone, Difference())
    except NotEditableError:
        return False


def _argument(merging: Merging, sight: EditContext, mine: Part, asked: Asked) -> list[Edit]:
    name, text, earlier = asked.name, asked.text, asked.earlier
    wanted, then = document_in(text), part_in(text)
    if wanted is not None and isinstance(mine.value, str):
        if not quoted_differs(mine.value, wanted, document_in(earlier), sight):
            return []
        return [Edit(mine.start, mine.end, json.dumps(_encoded(merging, wanted)).encode())]
    if wanted is not None and not is_literal(mine.value):
        if sight.follow is None:
            raise merging.refused(
                f"{name} is {squeezed(mine.text)[:80]}: change it where that is defined", mine
            )
        sight.follow(mine.value, name, text, earlier)
        return []
    if then is None:
        raise merging.refused(f"{name} cannot be written in JSON", mine)
    if (
        isinstance(mine.value, str)
        and not isinstance(then.value, str)
        and is_literal(then.value)
        and mine.value == str(then.value).lower()
    ):
        return []  # Terraform takes "true" and "7" for true and 7
    return merging.bring(mine, then, part_in(earlier) if earlier else None, name)


def _value(merging: Merging, text: str) -> Json:
    """The wanted text as a value to be written."""
    document, part = document_in(text), part_in(text)
    if document is not None:
        return Document(_encoded(merging, document))
    if part is None:
        raise NotEditableError(f"{text[:60]} cannot be written in JSON")
    return merging.value(part)


def _encoded(merging: Merging, document: Part) -> str:
    return HEREDOC.written(merging.value(document), "", flat=True)


def _block(merging: Merging, block: Block) -> Json:
    found: dict[str, Json] = {name: _value(merging, text) for name, text in block.attributes}
    for type in dict.fromkeys(one.type for one in block.blocks):
        inner = [_block(merging, one) for one in block.blocks if one.type == type]
        found[type] = inner[0] if len(inner) == 1 else inner
    return found


def set_value(source: bytes, head: Sequence[str], asked: Asked, sight: EditContext) -> list[Edit]:
    """What has to be edited so that an argument of the block of that head is what is asked."""
    name = asked.name
    bodies = [one for one in _find(_root(source), head) if one.get(name) is not None]
    if len(bodies) != 1:
        raise NotEditableError(f"{name} is set {len(bodies)} times in {' '.join(head) or 'the file'}")
    mine = bodies[0].get(name)
    if mine is None:
        return []
    return _argument(_merging(source, bodies[0], sight), sight, mine, asked)
