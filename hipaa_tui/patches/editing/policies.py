"""Edits a policy document in a file to the wanted one, statement by statement.

A statement that is already right keeps every byte. One is removed only if it certainly is the one in the cloud.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hipaa_tui.patches.editing.containers import Box, wrapped
from hipaa_tui.patches.editing.equivalence import Like
from hipaa_tui.patches.editing.merging import Merging
from hipaa_tui.patches.language.edits import Edit
from hipaa_tui.patches.language.syntax import is_literal
from hipaa_tui.patches.language.value_spans import Part, several

STATEMENT = "Statement"


def is_policy(part: Part | None) -> bool:
    """Is it an IAM policy?"""
    return part is not None and part.get(STATEMENT) is not None


@dataclass(frozen=True, slots=True)
class Matched:
    """What becomes of a policy's statements, by their places in the file and in the wanted policy.

    `pairs` are (the file's, the wanted one's, the earlier one's or -1) that are to be made the same; `drop` go,
    `add` come.
    """

    pairs: list[tuple[int, int, int]]
    drop: list[int]
    add: list[int]


def policy_edits(merging: Merging, part: Part, wanted: Part, earlier: Part | None) -> list[Edit]:
    """What has to be edited in the policy. NotEditableError where a person has to."""
    if part.entries is None or None in part.keys:
        raise merging.refused(
            "the policy is composed of expressions: change it where those are defined", part
        )
    edits: list[Edit] = []
    add = []
    for entry in wanted.entries or ():
        name = str(entry.key)
        mine, before = part.get(name), earlier.get(name) if earlier else None
        if mine is None:
            add.append((name, merging.value(entry.value)))
        elif name == STATEMENT:
            edits += _statements(merging, mine, entry.value, before)
        else:
            edits += merging.bring(mine, entry.value, before, name, name)
    drop = []
    for at, entry in enumerate(part.entries):
        before = earlier.get(str(entry.key)) if earlier else None
        if wanted.get(str(entry.key)) is None:
            if before is None or merging.like.of(entry.value, before) is not Like.YES:
                raise merging.refused(f"{entry.key} is only in the file, not in the cloud", entry.value)
            drop.append(at)
    box = Box(merging.source, part, merging.style.like(merging.source, part))
    return [*edits, *box.change(drop, add)]


def _statements(merging: Merging, part: Part, wanted: Part, earlier: Part | None) -> list[Edit]:
    if part.items is None and part.entries is None:
        if merging.like.of(part, wanted) is Like.YES:
            return []
        shown = " ".join(part.text.split())[:80]
        raise merging.refused(f"its statements are {shown}: change them where those are defined", part)
    mine, theirs = several(part), several(wanted)
    matched = match(merging, mine, theirs, several(earlier) if earlier else ())
    edits: list[Edit] = []
    for at, to, was in matched.pairs:
        before = several(earlier)[was] if earlier and was >= 0 else None
        edits += merging.bring(mine[at], theirs[to], before, called(mine[at], at))
    fresh = [merging.value(theirs[at]) for at in matched.add]
    if part.items is None:
        if matched.drop or len(fresh) > 1:
            raise merging.refused("its Statement is one object: make it a list first", part)
        style = merging.style.like(merging.source, part)
        return [*edits, *(wrapped(merging.source, part, fresh[0], style) if fresh else ())]
    sample = next((one for one in mine if one.entries), None)
    box = Box(merging.source, part, merging.style.like(merging.source, sample))
    return [*edits, *box.change(matched.drop, [(None, one) for one in fresh])]


def match(merging: Merging, mine: Sequence[Part], theirs: Sequence[Part], before: Sequence[Part]) -> Matched:
    """Which statement of the file is which of the wanted policy's, of the earlier policy's, or neither's."""
    return _Matching(merging, mine, theirs, before).matched()


class _Matching:
    """`to` says which wanted statement a statement of the file is; `free` and `unused` are still nobody's."""

    def __init__(
        self, merging: Merging, mine: Sequence[Part], theirs: Sequence[Part], before: Sequence[Part]
    ) -> None:
        self.merging, self.mine, self.theirs, self.before = merging, mine, theirs, before
        self.to: dict[int, int] = {}
        self.free = set(range(len(theirs)))
        self.unused = set(range(len(before)))
        self.pairs: list[tuple[int, int, int]] = []

    def matched(self) -> Matched:
        """NotEditableError where a statement of the file is neither."""
        self._same()
        self._by_sid()
        self._untouched()
        was = self._leaving()
        drop = sorted(was)
        new = sorted(self.free)
        gone = [self.before[was[at]] for at in drop]
        if _heirs(self.merging, gone, [self.theirs[i] for i in new]):
            return Matched([*self.pairs, (drop[0], new[0], was[drop[0]])], [], [])
        return Matched(self.pairs, drop, new)

    def _take(self, at: int, to: int) -> None:
        self.to[at] = to
        self.free.discard(to)

    def _left(self) -> list[tuple[int, Part]]:
        return [(at, one) for at, one in enumerate(self.mine) if at not in self.to]

    def _same(self) -> None:
        for at, one in self._left():
            same = (i for i in sorted(self.free) if self.merging.like.of(one, self.theirs[i]) is Like.YES)
            found = next(same, None)
            if found is not None:
                self._take(at, found)
        taken = [self.theirs[i] for i in self.to.values()]
        for then in taken:
            known = (b for b in sorted(self.unused) if self.merging.untouched(then, self.before[b]))
            self.unused.discard(next(known, -1))

    def _by_sid(self) -> None:
        """Statements of one name are the same statement, where the name stands once in each policy."""
        for at, one in self._left():
            name = sid(one)
            if not name or [sid(other) for other in self.mine].count(name) != 1:
                continue
            same = [i for i in self.free if sid(self.theirs[i]) == name]
            if len(same) != 1 or [sid(other) for other in self.theirs].count(name) != 1:
                continue
            known = [b for b in self.unused if sid(self.before[b]) == name]
            self._take(at, same[0])
            self.unused.difference_update(known)
            self.pairs.append((at, same[0], known[0] if len(known) == 1 else -1))

    def _untouched(self) -> None:
        """What no change touches may be written with references that only Terraform can tell."""
        for at, one in self._left():
            for i in sorted(self.free):
                same = (
                    b for b in sorted(self.unused) if self.merging.untouched(self.theirs[i], self.before[b])
                )
                known = next(same, None)
                if known is not None and self.merging.like.of(one, self.theirs[i]) is Like.PERHAPS:
                    self._take(at, i)
                    self.unused.discard(known)
                    break

    def _leaving(self) -> dict[int, int]:
        was: dict[int, int] = {}
        for at, one in self._left():
            like = self.merging.like
            found = next((b for b in sorted(self.unused) if like.of(one, self.before[b]) is Like.YES), None)
            if found is None:
                raise self.merging.refused(_alone(self.merging, one, at, self.before), one)
            was[at] = found
            self.unused.discard(found)
        return was


def _heirs(merging: Merging, gone: Sequence[Part], new: Sequence[Part]) -> bool:
    """Does one statement go and one come that says almost the same? Then it is changed where it stands."""
    if len(gone) != 1 or len(new) != 1 or sid(gone[0]) != sid(new[0]):
        return False
    old, then = gone[0], new[0]
    if old.entries is None or then.entries is None or set(old.keys) != set(then.keys):
        return False
    same = [merging.untouched(one.value, old.get(str(one.key)), str(one.key)) for one in then.entries]
    return sum(not one for one in same) == 1


def _alone(merging: Merging, one: Part, at: int, before: Sequence[Part]) -> str:
    perhaps = [b for b in before if merging.like.of(one, b) is Like.PERHAPS]
    if perhaps:
        return f"the content of {called(one, at)} is known only to Terraform: change it by hand"
    return f"{called(one, at)} is only in the file, not in the cloud: apply it first, or remove it"


def sid(statement: Part) -> str:
    """The statement's name; "" where it has none."""
    found = statement.get("Sid")
    return str(found.value) if found is not None and is_literal(found.value) and found.value else ""


def called(statement: Part, at: int) -> str:
    """How to tell a person which statement is meant."""
    name = sid(statement)
    return f"statement {name}" if name else f"statement {at + 1}"
