"""Merges a document three ways: the file's value, the wanted one, and the earlier one in the cloud (if known).

What is equal in the wanted and the earlier value is not part of the change: there a reference in the file is assumed to
be right. What is only in the file was never applied, and is not removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hipaa_tui.patches.editing.containers import Box, replaced, wrapped
from hipaa_tui.patches.editing.edit_context import Follow
from hipaa_tui.patches.editing.equivalence import Like, Likeness
from hipaa_tui.patches.language.edits import Edit, NotEditableError, line_at
from hipaa_tui.patches.language.hcl import Raw
from hipaa_tui.patches.language.styles import Style
from hipaa_tui.patches.language.syntax import expression_in, is_literal
from hipaa_tui.patches.language.value_spans import Part, as_json, several, walk
from hipaa_tui.support.json_value import Json


@dataclass(frozen=True, slots=True)
class Merging:
    """The edits of one document of a file.

    `keep` leaves keys alone that only the file has (tags); `free` says that a reference of `wanted` may be written.
    """

    source: bytes
    style: Style
    like: Likeness
    keep: bool = False
    free: bool = True
    follow: Follow | None = None

    def bring(self, part: Part, wanted: Part, earlier: Part | None, where: str, key: str = "") -> list[Edit]:
        """What has to be edited. NotEditableError where a person has to."""
        alike = self.like.of(part, wanted, key)
        if alike is Like.YES or (alike is Like.PERHAPS and self.untouched(wanted, earlier, key)):
            return []
        if part.entries is not None and wanted.entries is not None:
            return self._object(part, wanted, earlier, where)
        if self.like.policy and part.items is not None and wanted.entries is None:
            return self._members(part, wanted, earlier, where, key)
        if part.items is not None and wanted.items is not None:
            return self._list(part, wanted, earlier, where)
        if part.plain:
            added = self._added_to_one(part, wanted, key)
            return added or replaced(self.source, part, self.value(wanted), self.style_of(part))
        if self.follow and part.entries is None and part.items is None and wanted.entries is None:
            self.follow(part.value, where, wanted.text, earlier.text if earlier else "")
            return []
        shown = " ".join(part.text.split())[:80]
        raise self.refused(f"{where} is {shown}: change it where that is defined", part)

    def untouched(self, wanted: Part, earlier: Part | None, key: str = "") -> bool:
        """Is it no part of the change?"""
        return earlier is not None and self._between(earlier, wanted, key) is Like.YES

    def _between(self, earlier: Part, wanted: Part, key: str) -> Like:
        theirs = Likeness(self.like.theirs, self.like.theirs, policy=self.like.policy)
        return theirs.of(earlier, wanted, key)

    def refused(self, reason: str, part: Part) -> NotEditableError:
        return NotEditableError(reason, line_at(self.source, part.start))

    def style_of(self, part: Part) -> Style:
        return self.style.like(self.source, part if part.entries else None)

    def value(self, wanted: Part) -> Json:
        """The wanted value as it is to be written: references where the place may have them, else literals."""
        for one in walk(wanted):
            if not is_literal(one.value) and not self.free and self._literal(one) is None:
                raise NotEditableError(
                    f"{one.text[:60]} is not defined there: set it by hand, or pass it by a variable"
                )
        return self._said(as_json(wanted))

    def _literal(self, one: Part) -> str | None:
        found = self.like.theirs(one.value)
        return next(iter(found)) if found is not None and len(found) == 1 else None

    def _said(self, value: Json) -> Json:
        if self.free:
            return value
        if isinstance(value, dict):
            return {key: self._said(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._said(one) for one in value]
        if isinstance(value, Raw):
            found = self.like.theirs(expression_in(value))
            return next(iter(found)) if found else value
        return value

    # -- objects

    def _object(self, part: Part, wanted: Part, earlier: Part | None, where: str) -> list[Edit]:
        if None in part.keys:
            raise self.refused(f"{where} has computed keys", part)
        edits: list[Edit] = []
        add: list[tuple[str | None, Json]] = []
        for entry in wanted.entries or ():
            name = str(entry.key)
            mine, before = part.get(name), earlier.get(name) if earlier else None
            if mine is None:
                add.append((name, self.value(entry.value)))
            else:
                edits += self.bring(mine, entry.value, before, f"{where}.{name}" if where else name, name)
        drop = self._leaving(part, wanted, earlier, where)
        box = Box(self.source, part, self.style.like(self.source, part))
        return [*edits, *box.change(drop, add)]

    def _leaving(self, part: Part, wanted: Part, earlier: Part | None, where: str) -> list[int]:
        """The places of the keys that go."""
        drop = []
        for at, entry in enumerate(part.entries or ()):
            name = str(entry.key)
            if wanted.get(name) is not None:
                continue
            before = earlier.get(name) if earlier else None
            if before is not None and self.like.of(entry.value, before, name) is Like.YES:
                drop.append(at)
            elif not self.keep or before is not None:
                raise self.refused(
                    f"{where}.{name}".lstrip(".") + " is only in the file, not in the cloud", entry.value
                )
        return drop

    # -- lists

    def _added_to_one(self, part: Part, wanted: Part, key: str) -> list[Edit]:
        """One value that becomes a list with itself and another."""
        if not self.like.policy or wanted.items is None or part.items is not None or part.entries is not None:
            return []
        others = [one for one in wanted.items if self.like.of(part, one, key) is not Like.YES]
        if len(others) != 1 or len(wanted.items) != 2:
            return []
        return wrapped(self.source, part, self.value(others[0]), self.style)

    def _members(self, part: Part, wanted: Part, earlier: Part | None, where: str, key: str) -> list[Edit]:
        """A list whose order is nothing."""
        mine, theirs = part.items or (), several(wanted)
        before = several(earlier) if earlier else ()
        missing, drop = list(theirs), []
        for at, one in enumerate(mine):
            same = [other for other in theirs if self.like.of(one, other, key) is Like.YES]
            missing = [other for other in missing if other not in same]
            if same:
                continue
            perhaps = [other for other in theirs if self.like.of(one, other, key) is Like.PERHAPS]
            settled = [other for other in perhaps if any(self.untouched(other, b, key) for b in before)]
            if settled:
                missing.remove(settled[0]) if settled[0] in missing else None
            elif not one.plain or perhaps:
                shown = " ".join(one.text.split())[:80]
                raise self.refused(f"{where} contains {shown}, whose value is known only to Terraform", one)
            else:
                drop.append(at)
        return self._exchanged(part, drop, missing)

    def _exchanged(self, part: Part, drop: list[int], missing: Sequence[Part]) -> list[Edit]:
        """As many as go are replaced where they stand; the others are taken out or added."""
        edits: list[Edit] = []
        items, fresh = part.items or (), list(missing)
        while drop and fresh:
            old = items[drop.pop(0)]
            edits += replaced(self.source, old, self.value(fresh.pop(0)), self.style_of(old))
        sample = next((one for one in items if one.entries), None)
        box = Box(self.source, part, self.style.like(self.source, sample))
        return [*edits, *box.change(drop, [(None, self.value(one)) for one in fresh])]

    def _list(self, part: Part, wanted: Part, earlier: Part | None, where: str) -> list[Edit]:
        """A list in its order."""
        mine, theirs = part.items or (), wanted.items or ()
        before = earlier.items or () if earlier else ()
        if len(mine) == len(theirs):
            return [
                edit
                for at, (one, other) in enumerate(zip(mine, theirs, strict=True))
                for edit in self.bring(one, other, before[at] if at < len(before) else None, f"{where}[{at}]")
            ]
        left = list(theirs)
        drop: list[int] = []
        for at, one in enumerate(mine):
            same = next((i for i, other in enumerate(left) if self.like.of(one, other) is Like.YES), None)
            if same is None:
                drop.append(at)
            else:
                left.pop(same)
        for at in drop:
            if not mine[at].plain:
                raise self.refused(
                    f"{where} contains {mine[at].text[:80]}: change it where that is defined", mine[at]
                )
        kept = [one for at, one in enumerate(mine) if at not in drop]
        stay = len(kept)
        ordered = [*(self._which(one, theirs) for one in kept)]
        if (left and ordered != sorted(ordered)) or (left and max(ordered, default=-1) != stay - 1):
            # Something new stands before what stays: its order may mean something.
            if not part.plain:
                raise self.refused(f"{where} is not entirely literal", part)
            return replaced(self.source, part, self.value(wanted), self.style_of(part))
        return self._exchanged_in_order(part, drop, left)

    def _which(self, one: Part, theirs: Sequence[Part]) -> int:
        return next(at for at, other in enumerate(theirs) if self.like.of(one, other) is Like.YES)

    def _exchanged_in_order(self, part: Part, drop: list[int], fresh: Sequence[Part]) -> list[Edit]:
        sample = next((one for one in part.items or () if one.entries), None)
        box = Box(self.source, part, self.style.like(self.source, sample))
        return box.change(drop, [(None, self.value(one)) for one in fresh])
