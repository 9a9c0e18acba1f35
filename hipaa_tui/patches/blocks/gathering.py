"""Gathers new blocks for all instances of a for_each block into one block with the same for_each.

A for_each that is a variable or a local is repeated, which scanners understand; a literal is not repeated but chained:
`for_each = aws_s3_bucket.clinic`. Only if all instances get the same, so that a new instance gets it, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hipaa_tui.patches.blocks.render import Piece
from hipaa_tui.patches.code.folder import Folder, Resource
from hipaa_tui.patches.code.resource_identity import ID_IS, IDENTIFYING
from hipaa_tui.patches.language.hcl import Block

INSTANCE: Final = re.compile(r'\b((?:aws|azurerm)_\w+\.[\w-]+)\[("(?:[^"\\]|\\.)*")\]')
Text = Callable[[str], str]


@dataclass
class Gathered:
    """`pieces` as they are to be written; `addresses` says what became of the ones that are gone."""

    pieces: list[Piece]
    addresses: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Member:
    """A piece of one instance: of which block, by which key, and what it says of any instance."""

    piece: Piece
    relative: str
    key: str
    block: Block
    comments: tuple[str, ...]


def gather(pieces: Sequence[Piece], folder: Folder) -> Gathered:
    """The pieces, with one block for what every instance of a for_each block gets."""
    found = Gathered(list(pieces))
    seen: set[str] = set()
    while True:
        # What refers to a gathered block can be gathered afterwards.
        groups = _groups(found.pieces, folder)
        whole = next((group for group in groups if group and group[0].piece.address not in seen), None)
        if whole is None:
            return found
        seen.add(whole[0].piece.address)
        _gather(found, whole, folder)


def _groups(pieces: Iterable[Piece], folder: Folder) -> Iterator[list[_Member]]:
    alike: dict[tuple[object, ...], list[_Member]] = {}
    for piece in pieces:
        member = _member(piece, folder)
        if member is not None:
            block = replace(member.block, labels=member.block.labels[:1])
            alike.setdefault((member.relative, block, member.comments), []).append(member)
    for group in alike.values():
        relative = folder.at(group[0].relative)
        keys = [member.key for member in group]
        if relative is not None and len(keys) > 1 and sorted(keys) == sorted(_keys(relative, folder)):
            yield group


def _member(piece: Piece, folder: Folder) -> _Member | None:
    """The piece of one instance, in the words of any; None where it belongs to none, or to several."""
    if piece.keys:
        return None
    named = {(found[1], found[2]) for text in texts_of(piece.block) for found in INSTANCE.finditer(text)}
    if len(named) != 1:
        return None
    ((address, quoted),) = named
    relative = folder.at(address)
    if relative is None or relative.block.value("for_each") is None:
        return None
    name = _name(relative, f"{address}[{quoted}]", folder)
    each = in_words_of_each(f"{address}[{quoted}]", name if relative.type in ID_IS else "", _each(relative))
    comments = tuple(one.replace(name, address) if name else one for one in piece.comments)
    return _Member(piece, address, quoted, changed(piece.block, each), comments)


def _keys(relative: Resource, folder: Folder) -> list[str]:
    """The keys of all instances, as they stand in the address."""
    start = f"{relative.address}["
    return [
        one.address.removeprefix(start).removesuffix("]")
        for one in folder.instances(relative)
        if one.address.startswith(start)
    ]


def _name(relative: Resource, address: str, folder: Folder) -> str:
    argument = next(iter(IDENTIFYING.get(relative.type, ())), "")
    mine = (one for one in folder.instances(relative) if one.address == address)
    return next((str(one.values.get(argument) or "") for one in mine), "")


def _shared(relative: Resource) -> str:
    """The block's for_each where others can be made for the same; "" for a list of its own."""
    text = next((one.text for one in relative.block.attributes if one.name == "for_each"), "")
    return text if re.fullmatch(r"(?:var|local)\.[\w-]+", text) else ""


def _each(relative: Resource) -> str:
    """How a block with its for_each refers to the instance of the same key."""
    return f"{relative.address}[each.key]" if _shared(relative) else "each.value"


def in_words_of_each(address: str, name: str, each: str) -> Text:
    """What one instance is called, by its key; its name (if that is what its id is) inside of a text as its id."""
    word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])") if name else None

    def said(text: str) -> str:
        text = text.replace(address, each)
        if word is None:
            return text
        return re.sub(
            r'"(?:[^"\\]|\\.)*"',
            lambda found: (
                word.sub(lambda _: f"${{{each}.id}}", found[0]) if "${" not in found[0] else found[0]
            ),
            text,
        )

    return said


def _gather(found: Gathered, group: list[_Member], folder: Folder) -> None:
    first = group[0]
    type, relative = first.piece.block.labels[0], first.relative
    label = relative.partition(".")[2]
    taken = {one.address for one in found.pieces} - {member.piece.address for member in group}
    number = 2
    while folder.taken(type, label) or f"{type}.{label}" in taken:
        label, number = f"{relative.partition('.')[2]}_{number}", number + 1
    there = folder.at(relative)
    items = (_shared(there) if there else "") or relative
    block = replace(
        first.block, labels=(type, label), attributes=(("for_each", items), *first.block.attributes)
    )
    keys = tuple((member.key, member.piece.import_id) for member in group)
    whole = replace(first.piece, block=block, comments=first.comments, import_id="", keys=keys)
    moved = {member.piece.address: f"{block.address}[{member.key}]" for member in group}
    at = found.pieces.index(first.piece)
    rest = [one for one in found.pieces if one.address not in moved]
    before = sum(one.address not in moved for one in found.pieces[:at])
    found.pieces = [_referring(one, moved, block.address) for one in [*rest[:before], whole, *rest[before:]]]
    found.addresses |= moved


def _referring(piece: Piece, moved: dict[str, str], address: str) -> Piece:
    """The piece with the new addresses; one that waits for an instance waits for the block."""

    def moving(text: str) -> str:
        for old, new in moved.items():
            start = rf"(?<![\w.-]){re.escape(old)}"
            text = re.sub(rf"{start}(?=\.\w)", new.replace("\\", r"\\"), text)
            text = re.sub(rf"{start}(?![\w.\[-])", address, text)
        return text

    return replace(piece, block=changed(piece.block, moving))


def changed(block: Block, text: Text) -> Block:
    """The block with each of its expressions changed."""
    rows = tuple((name, text(value)) for name, value in block.attributes)
    return replace(block, attributes=rows, blocks=tuple(changed(one, text) for one in block.blocks))


def texts_of(block: Block) -> Iterator[str]:
    """Every expression in the block."""
    yield from (text for _, text in block.attributes)
    for one in block.blocks:
        yield from texts_of(one)
