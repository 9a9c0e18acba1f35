"""Decides whether two documents are equal if one has references where the other has literals.

Three answers: yes, no, and unknown (only Terraform can tell).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from hipaa_tui.patches.language.syntax import Expression, Items, Template, Traversal, Unknown, is_literal
from hipaa_tui.patches.language.value_spans import Part, several

Means = Callable[[Expression], frozenset[str] | None]
"""The strings that an expression can be; None where only Terraform can tell."""
Literal = Callable[[Expression], Expression | None]
"""The literal that a variable or a local is; None where it is none, or not one."""
_ACCOUNT: Final = re.compile(r"arn:[\w-]+:iam::(\d{12}):root")
_ACTIONS: Final = frozenset({"Action", "NotAction"})


class Like(IntEnum):
    """How far two values are known to be the same."""

    NO = 0
    PERHAPS = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Opaque:
    """A piece of a string that only Terraform can tell; two are the same where they refer to the same."""

    name: str


def nothing(_: Expression) -> None:
    """What can be told of a reference without the rest of the configuration."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Compares a file's value with a wanted one.

    `mine` and `theirs` tell what references of either are; `literal` what lists and maps the file's are.
    With `apart` a name of the one is not the same thing as that name of the other (in a module).
    With `policy` the words of an IAM policy mean what they mean there: one is a list of one, order is nothing.
    """

    mine: Means = nothing
    theirs: Means = nothing
    literal: Literal = nothing
    policy: bool = False
    apart: bool = False

    def of(self, one: Part | None, other: Part | None, key: str = "") -> Like:
        """Does the file's value say what the other says? `key` is what it is the value of."""
        if one is None or other is None:
            return Like.YES if one is other else Like.NO
        one = self.known(one)
        if one.entries is not None and other.entries is not None:
            return self._objects(one, other)
        if one.items is not None or other.items is not None:
            return self._lists(one, other, key)
        if one.entries is not None or other.entries is not None:
            return Like.PERHAPS if self.unknown(one) or self.unknown(other) else Like.NO
        return self._scalars(one, other, key)

    def unknown(self, part: Part) -> bool:
        """Can it be anything at all?"""
        if part.entries is not None or part.items is not None:
            return False
        return all(isinstance(piece, Opaque) for piece in self.pieces(part.value, self.mine))

    def known(self, part: Part) -> Part:
        """The list or the object that a reference of the file is, in its place."""
        if part.entries is None and part.items is None and isinstance(part.value, Traversal):
            found = self.literal(part.value)
            if isinstance(found, Items) and not found.keys and all(is_literal(one) for one in found.values):
                items = tuple(Part(part.start, part.end, one) for one in found.values)
                return Part(part.start, part.end, found, part.text, items=items)
        return part

    def _objects(self, one: Part, other: Part) -> Like:
        if None in one.keys or None in other.keys:
            both = [
                self.of(one.get(key), other.get(key), key) for key in one.keys if key and key in other.keys
            ]
            return min(Like.PERHAPS, *both)
        if set(one.keys) != set(other.keys):
            return Like.NO
        pairs = [
            (self.of(entry.value, other.get(str(entry.key)), str(entry.key))) for entry in one.entries or ()
        ]
        return min(pairs, default=Like.YES)

    def _lists(self, one: Part, other: Part, key: str) -> Like:
        if not self.policy:
            if one.items is None or other.items is None:
                return Like.PERHAPS if self.unknown(one) or self.unknown(other) else Like.NO
            if len(one.items) != len(other.items):
                return Like.NO
            return min(
                (self.of(a, b, key) for a, b in zip(one.items, other.items, strict=True)), default=Like.YES
            )
        if (self.unknown(one) and one.items is None) or (self.unknown(other) and other.items is None):
            return Like.PERHAPS
        mine, theirs = several(one), several(other)
        ahead = [max((self.of(a, b, key) for b in theirs), default=Like.NO) for a in mine]
        back = [max((self.of(a, b, key) for a in mine), default=Like.NO) for b in theirs]
        return min([*ahead, *back], default=Like.YES)

    def _scalars(self, one: Part, other: Part, key: str) -> Like:
        if one.text and one.text == other.text and not self.apart:
            return Like.YES
        a, b = self.pieces(one.value, self.mine), self.pieces(other.value, self.theirs)
        if not self.policy and is_literal(one.value) and is_literal(other.value):
            return Like.YES if one.value == other.value and type(one.value) is type(other.value) else Like.NO
        a, b = (_canonical(pieces, key) if self.policy else pieces for pieces in (a, b))
        if a == b and not any(isinstance(piece, Opaque) and (self.apart or not piece.name) for piece in a):
            return Like.YES
        if all(isinstance(piece, str) for piece in (*a, *b)):
            return Like.NO
        return Like.PERHAPS if _may_meet(a, b) else Like.NO

    def pieces(self, value: Expression, means: Means) -> tuple[str | Opaque, ...]:
        """A value as text and what is not known of it."""
        if isinstance(value, Template):
            found = [piece for part in value.parts for piece in self.pieces(part, means)]
            return _merged(found)
        if isinstance(value, Traversal | Unknown):
            meant = means(value)
            if meant is not None and len(meant) == 1:
                return (next(iter(meant)),)
            if isinstance(value, Traversal) and not value.indexed:
                return (Opaque(".".join(value.parts)),)
            return (Opaque(""),)
        if isinstance(value, bool):
            return ("true" if value else "false",)
        return (str(value),) if isinstance(value, str | int | float) else (Opaque(repr(value)),)


def _merged(pieces: Sequence[str | Opaque]) -> tuple[str | Opaque, ...]:
    out: list[str | Opaque] = []
    for piece in pieces:
        if isinstance(piece, str) and out and isinstance(out[-1], str):
            out[-1] += piece
        elif piece != "":
            out.append(piece)
    return tuple(out) or ("",)


def _canonical(pieces: tuple[str | Opaque, ...], key: str) -> tuple[str | Opaque, ...]:
    """Actions mean the same in every letter case; an account is its root user's ARN."""
    if key in _ACTIONS:
        return tuple(piece.lower() if isinstance(piece, str) else piece for piece in pieces)
    if key == "AWS" and len(pieces) == 1 and isinstance(pieces[0], str):
        found = _ACCOUNT.fullmatch(pieces[0])
        return (found[1],) if found else pieces
    return pieces


def _may_meet(one: Sequence[str | Opaque], other: Sequence[str | Opaque]) -> bool:
    """Can the unknown pieces be such that both are the same?"""
    if all(isinstance(piece, str) for piece in other):
        one, other = other, one
    if all(isinstance(piece, str) for piece in one):
        return _fits(other, "".join(map(str, one)))
    return _begin(one, other) and _begin(_turned(one), _turned(other))


def _fits(pieces: Sequence[str | Opaque], text: str) -> bool:
    """Is the text those pieces, whatever the unknown ones are?"""
    at, last = 0, len(pieces) - 1
    for index, piece in enumerate(pieces):
        if isinstance(piece, Opaque):
            continue
        found = text.rfind(piece) if index == last else text.find(piece, at)
        if found < at or (index == 0 and found > 0) or (index == last and found + len(piece) < len(text)):
            return False
        at = found + len(piece)
    return True


def _begin(one: Sequence[str | Opaque], other: Sequence[str | Opaque]) -> bool:
    first, second = (pieces[0] if pieces and isinstance(pieces[0], str) else "" for pieces in (one, other))
    return first.startswith(second) or second.startswith(first)


def _turned(pieces: Sequence[str | Opaque]) -> list[str | Opaque]:
    return [piece[::-1] if isinstance(piece, str) else piece for piece in reversed(pieces)]
