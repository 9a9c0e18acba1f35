"""The context of an edit: the values of names in the configuration, and what the change is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hipaa_tui.patches.editing.equivalence import Literal, Means, nothing
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.syntax import Expression, Traversal, is_literal

Follow = Callable[[Expression, str, str, str], None]
"""Takes over an argument whose value is set elsewhere: (what stands there, its name, the wanted text, the earlier one).

NotEditableError where it cannot. The earlier text is "" where none is known.
"""


@dataclass(frozen=True, slots=True)
class EditContext:
    """`means` tells what a reference of the file can be, `theirs` what one of the wanted block is; `literal` gives
    the literal that a variable or a local is; `follow` takes over what is set elsewhere. `apart`: the block stands
    in a module, where the names of the wanted block mean nothing, but for the variables `handed` down to it.
    """

    means: Means = nothing
    theirs: Means = nothing
    literal: Literal = nothing
    follow: Follow | None = None
    apart: bool = False
    handed: frozenset[str] = frozenset()

    def has_name(self, value: Expression) -> bool:
        """Does the wanted expression mean something where the block stands?"""
        if not self.apart or is_literal(value):
            return True
        return isinstance(value, Traversal) and value.parts[0] == "var" and value.parts[1] in self.handed


@dataclass(frozen=True, slots=True)
class Asked:
    """An argument's name, its wanted text, and the earlier one ("" where none is known)."""

    name: str
    text: str
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the cloud has (`before`) and is to have (`after`) as whole blocks; None where that is not known."""

    before: Block | None = None
    after: Block | None = None

    @property
    def known(self) -> bool:
        return self.before is not None and self.after is not None

    @property
    def taken(self) -> tuple[str, ...]:
        """The arguments that the change takes away."""
        if self.before is None or self.after is None:
            return ()
        return tuple(name for name, _ in self.before.attributes if self.after.get(name) is None)

    @property
    def left(self) -> tuple[str, ...]:
        """The types of nested blocks that the change takes away altogether."""
        if self.before is None or self.after is None:
            return ()
        after = {one.type for one in self.after.blocks}
        return tuple(dict.fromkeys(one.type for one in self.before.blocks if one.type not in after))

    def about(self, part: Block) -> Difference:
        """Without the arguments that are no part of the change, and the labels: those of several objects differ."""
        names = {name for name, _ in part.attributes} | set(self.taken)

        def only(block: Block | None) -> Block | None:
            rows = tuple(row for row in block.attributes if row[0] in names) if block else ()
            return replace(block, labels=(), attributes=rows) if block else None

        return Difference(only(self.before), only(self.after))

    def spoken(self, words: Callable[[Block], Block]) -> Difference:
        """Both blocks in the words of the provider's version."""
        return Difference(self.before and words(self.before), self.after and words(self.after))

    def earlier(self, name: str) -> str:
        """An argument's text before the change; "" where there is none."""
        return (self.before.get(name) or "") if self.before else ""

    def inner(self, type: str) -> Difference:
        """The same for the only nested block of a type."""
        before, after = (
            next(iter(found), None) if len(found := self._of(one, type)) == 1 else None
            for one in (self.before, self.after)
        )
        return Difference(before, after)

    def gone(self, type: str) -> list[Block]:
        """The nested blocks of a type that the change takes away."""
        after = self._of(self.after, type)
        return [one for one in self._of(self.before, type) if one not in after]

    def new(self, type: str) -> list[Block]:
        """The nested blocks of a type that the change brings."""
        before = self._of(self.before, type)
        return [one for one in self._of(self.after, type) if one not in before]

    @staticmethod
    def _of(block: Block | None, type: str) -> list[Block]:
        return [one for one in block.blocks if one.type == type] if block else []
