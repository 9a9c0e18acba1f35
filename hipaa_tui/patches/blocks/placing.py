"""Places new blocks where a reviewer would look for them.

A block that refers to one of the repository's goes after it and what already follows it; one of a type that the
repository has goes to the end of that file. Only blocks without any relation get a new file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from hipaa_tui.patches.blocks.render import Piece
from hipaa_tui.patches.code.folder import Folder, Resource
from hipaa_tui.patches.code.generated import generated
from hipaa_tui.patches.code.resource_identity import IDENTIFYING
from hipaa_tui.patches.language import schema
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.syntax import Traversal, tree

_MERGED: Final = re.compile(r"merge\(\s*((?:local|var)\.[\w-]+)\s*,")
_ADDRESS: Final = re.compile(r"\b((?:aws|azurerm)_\w+\.[\w-]+)")


def place(pieces: Iterable[Piece], folder: Folder, texts: Mapping[str, str]) -> dict[str, str]:
    """name → whole text of each file that the pieces extend or add; `texts` are the files as they are by now."""
    found: dict[str, str] = {}
    behind: dict[tuple[str, str], str] = {}
    placed: dict[str, str] = {}
    for piece in pieces:
        relative = relative_of(piece.block, folder)
        if relative is not None and not generated(relative.file, texts[relative.file]):
            file = relative.file
            text = found.get(file, texts[file])
            after = behind.get((file, relative.address)) or _last_of(relative, folder)
            found[file] = _inserted(text, after, piece.text())
            behind[file, relative.address] = piece.address
            placed[piece.address] = file
            continue
        habit = _habit(piece.block.labels[0], folder)
        habit = "" if habit and generated(habit, texts[habit]) else habit
        file = _with_own(piece.block, placed) or habit or piece.file
        placed[piece.address] = file
        earlier = found.get(file, texts.get(file, ""))
        newline = _newline(earlier)
        new = piece.text().replace("\n", newline)
        found[file] = f"{earlier.rstrip()}{newline}{newline}{new}" if earlier.strip() else new
    return found


def relative_of(block: Block, folder: Folder) -> Resource | None:
    """The root module's block that this one belongs to: by what identifies it, else by the first that it names."""
    names = [*IDENTIFYING.get(block.labels[0], ()), *(name for name, _ in block.attributes)]
    attributes = dict(block.attributes)
    for name in names:
        for address in _ADDRESS.findall(attributes.get(name, "")):
            found = folder.at(address)
            if found is not None:
                return found
    return None


def _last_of(relative: Resource, folder: Folder) -> str:
    """The last of the blocks that stand right behind the relative and belong to it."""
    last = relative.address
    inside = [(name, block) for name, block in folder.blocks if name == relative.file]
    start = next(index for index, (_, block) in enumerate(inside) if block is relative.block)
    for _, block in inside[start + 1 :]:
        if block.type != "resource" or relative.address not in _addresses(block.to_write()):
            break
        last = block.address
    return last


def _addresses(block: Block) -> set[str]:
    found = {address for _, text in block.attributes for address in _ADDRESS.findall(text)}
    return found.union(*(_addresses(one) for one in block.blocks)) if block.blocks else found


def _inserted(text: str, address: str, new: str) -> str:
    """The text with `new` behind the resource block of that address."""
    data = text.encode()
    end = _end(data, address)
    newline = _newline(text)
    piece = f"{newline}{new.replace(chr(10), newline)}".encode()
    tail = data[end:]
    head = data[:end] if data[:end].endswith(b"\n") else data[:end] + newline.encode()
    return (head + piece + tail).decode()


def _end(data: bytes, address: str) -> int:
    """Where the resource block ends, with the line that it ends on."""
    head = ["resource", *address.split(".", 1)]
    body = next((one for one in tree(data).children if one.type == "body"), None)
    for node in body.children if body else ():
        names = [one for one in node.children if one.type in {"identifier", "string_lit"}]
        if node.type == "block" and [(one.text or b"").decode().strip('"') for one in names] == head:
            line_end = data.find(b"\n", node.end_byte)
            return len(data) if line_end < 0 else line_end + 1
    raise KeyError(address)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _with_own(block: Block, placed: Mapping[str, str]) -> str:
    """The file of an earlier piece of the same service that it refers to: an alias stands with its key."""
    service = block.labels[0].split("_")[:2]
    named = sorted(address for address in _addresses(block) if address in placed)
    return next((placed[one] for one in named if one.split("_")[:2] == service), "")


def _habit(type: str, folder: Folder) -> str:
    """The root module's file that has most blocks of the type; "" where none has."""
    counted = Counter(one.file for one in folder.of_type(type) if not one.scope)
    return counted.most_common(1)[0][0] if counted else ""


# -- tags


def with_tags(pieces: Iterable[Piece], folder: Folder) -> list[Piece]:
    """New resources get the tags that the repository gives to its own; what exists keeps its own."""
    pieces = list(pieces)
    base = common_tags(folder) if pieces else ""
    return [
        _tagged(piece, base) if base and not any(id for _, id in piece.instances()) else piece
        for piece in pieces
    ]


def common_tags(folder: Folder) -> str:
    """ "local.tags" where at least half of the root module's tagged blocks, and two, have those; else ""."""
    counted: Counter[str] = Counter()
    tagged = 0
    for one in folder.resources:
        if one.scope:
            continue
        tags = next((each for each in one.block.attributes if each.name == "tags"), None)
        if tags is None:
            continue
        tagged += 1
        value = tags.value
        if isinstance(value, Traversal) and len(value.parts) == 2 and value.parts[0] in {"local", "var"}:
            counted[".".join(value.parts)] += 1
        elif found := _MERGED.match(tags.text):
            counted[found.group(1)] += 1
    name, count = counted.most_common(1)[0] if counted else ("", 0)
    return name if count >= 2 and 2 * count >= tagged else ""


def _tagged(piece: Piece, base: str) -> Piece:
    block = piece.block
    if "tags" not in schema.attributes_of(block.labels[0]):
        return piece
    attributes = dict(block.attributes)
    own = attributes.get("tags")
    attributes["tags"] = f"merge({base}, {own})" if own else base
    return replace(piece, block=replace(block, attributes=tuple(attributes.items())))
