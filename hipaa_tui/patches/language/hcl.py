"""Prints HCL in `terraform fmt`'s form, so that patches are formatted without Terraform.

Blocks are a small tree, expressions are text. An expression of several lines is indented as if it started in column 0;
printing shifts it to its place.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from hipaa_tui.support.json_value import Json

_BARE_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# As bare keys these begin another kind of expression, or read as a value.
_KEYWORDS: Final = frozenset({"for", "if", "in", "else", "endif", "endfor", "null", "true", "false"})
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_LABEL_LIMIT: Final = 60
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Controls, direction marks, zero-width characters, separators: a reviewer of the diff must see them."""


class Raw(str):
    """Text that is an HCL expression already: an address, never a literal."""

    __slots__ = ()


Link = Callable[[str], str | None]
"""An expression that says the same as the literal string, or None where it stays a literal."""


def string(text: str) -> str:
    """A quoted HCL string of exactly this text: nothing in it is interpolated or directs the template."""
    out: list[str] = []
    for index, char in enumerate(text):
        following = text[index + 1 : index + 2]
        if char in _SHORT:
            out.append(_SHORT[char])
        elif char in "$%" and following == "{":
            # `$${` is the escape, and behind another `$` its reading is nobody's guess.
            doubtful = index > 0 and text[index - 1] == char
            out.append(f"\\u{ord(char):04x}" if doubtful else char * 2)
        elif 0xD800 <= ord(char) <= 0xDFFF:
            out.append("\ufffd")
        elif unicodedata.category(char) in _UNSEEN:
            out.append(_escaped(char))
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def expression(value: Json, link: Link | None = None) -> str:
    """A JSON value as an HCL expression. ValueError for what JSON cannot say.

    `link` is asked for each string that is a value (never for keys).
    """
    if isinstance(value, Raw):
        return str(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json.dumps(value, allow_nan=False)
    if isinstance(value, str):
        return (link(value) if link else None) or string(value)
    if isinstance(value, Mapping):
        return _object(value, link)
    if isinstance(value, list | tuple):
        return _list(value, link)
    raise ValueError(f"{type(value).__name__} is not a JSON value")


def json_document(value: Json, link: Link | None = None) -> str:
    """A JSON document as `jsonencode(...)`; a string that holds JSON is opened first."""
    if isinstance(value, str) and not isinstance(value, Raw):
        try:
            value = json.loads(value)
        except ValueError:
            return string(value)
    return f"jsonencode({expression(value, link)})"


def _list(items: list[Json] | tuple[Json, ...], link: Link | None) -> str:
    shown = [expression(item, link) for item in items]
    flat = "[" + ", ".join(shown) + "]"
    if not any("\n" in one for one in shown) and len(flat) <= 90:
        return flat
    return "[\n" + "".join(f"  {_shift(one, 2)},\n" for one in shown) + "]"


def _object(value: Mapping[str, Json], link: Link | None) -> str:
    if not value:
        return "{}"
    rows = [(key(str(name)), expression(item, link)) for name, item in value.items()]
    return "{\n" + "".join(f"  {line}\n" for line in aligned(rows, 2)) + "}"


def key(name: str) -> str:
    """An object's key: bare where that can be."""
    if _BARE_KEY.fullmatch(name) and name not in _KEYWORDS:
        return name
    # Alignment counts what a reader takes for one character; beyond Latin that count is not ours to know.
    quoted = string(name)
    return "".join(char if ord(char) < 0x300 and char != "\xad" else _escaped(char) for char in quoted)


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def aligned(rows: list[tuple[str, str]], depth: int) -> list[str]:
    """`key = value` lines; neighbours that fit on one line each share the column of their `=`."""
    lines: list[str] = []
    index = 0
    while index < len(rows):
        run = index
        while run < len(rows) and "\n" not in rows[run][1]:
            run += 1
        width = max((len(key) for key, _ in rows[index:run]), default=0)
        lines += [f"{key.ljust(width)} = {text}" for key, text in rows[index:run]]
        if run < len(rows):
            key, text = rows[run]
            lines.append(f"{key} = {_shift(text, depth)}")
            run += 1
        index = run
    return lines


def _shift(text: str, depth: int) -> str:
    return text.replace("\n", "\n" + " " * depth)


def label(name: str) -> str:
    """A Terraform label that a reader recognizes the name in."""
    safe = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:_LABEL_LIMIT].strip("_")
    if not safe:
        return "this"
    return safe if safe[0].isalpha() else f"r_{safe}"


@dataclass(frozen=True, slots=True)
class Block:
    """A block to be written: attributes are (name, expression) in their order, then nested blocks."""

    type: str
    labels: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Block, ...] = ()

    @property
    def address(self) -> str:
        """ "aws_kms_key.phi" of a resource."""
        return ".".join(self.labels)

    def get(self, name: str) -> str | None:
        """The expression of an attribute, or None."""
        return dict(self.attributes).get(name)

    def laid_over(self, other: Block) -> Block:
        """This block with what `other` says: its attributes win, its nested blocks replace those of a type."""
        attributes = dict(self.attributes) | dict(other.attributes)
        replaced = {block.type for block in other.blocks}
        kept = tuple(block for block in self.blocks if block.type not in replaced)
        return replace(self, attributes=tuple(attributes.items()), blocks=kept + other.blocks)


def written(block: Block, depth: int = 0) -> str:
    """The block as text, with a newline at its end."""
    pad = " " * depth
    head = " ".join([block.type, *(string(one) for one in block.labels)])
    if not block.attributes and not block.blocks:
        return f"{pad}{head} {{}}\n"
    # What a block is made for stands apart from what it says.
    made_for = [row for row in block.attributes if row[0] == "for_each"]
    said = [row for row in block.attributes if row[0] != "for_each"]
    parts = [
        "".join(f"{pad}  {line}\n" for line in aligned(rows, depth + 2)) for rows in (made_for, said) if rows
    ]
    parts += [written(inner, depth + 2) for inner in block.blocks]
    return f"{pad}{head} {{\n" + "\n".join(parts) + f"{pad}}}\n"
