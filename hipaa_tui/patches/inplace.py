"""Brings blocks that stand in the repository to what a change wants, where a reviewer expects to see it.

A snippet renders everything that a block of its own would need. In a block that somebody else wrote only what the
change is about may be touched: what differs between the earlier value's rendering and the wanted one's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from hipaa_tui.patches import schema
from hipaa_tui.patches.editing import NotEditableError, lay_over
from hipaa_tui.patches.folder import Folder, Resource
from hipaa_tui.patches.hcl import Block


@dataclass
class InPlace:
    """The edits of one patch. `edited` are the files as they are to be, by name; `wrong` the snippets' faults."""

    folder: Folder
    existing: Mapping[str, str]
    edited: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def over(self, found: Resource, part: Block) -> str:
        """Lay the part over the block; "" where that is done, else why not, with what to set where."""
        what = f"managed at {found.where}: set {told(part)} there"
        if found.many:
            return f"{what}; by its count or for_each it stands for several resources"
        unknown = [one for one in schema.problems(part) if " has no " in one]
        if unknown:
            self.wrong += unknown
            return unknown[0]
        text = self.edited.get(found.file, self.existing[found.file])
        try:
            new = lay_over(
                text.encode(),
                found.block.labels,
                part,
                lambda value: self.folder.values(value, found.block),
            ).decode()
        except NotEditableError as error:
            line = f" (line {error.line})" if error.line else ""
            return f"{what}: {error}{line}"
        if new == text:
            return f"stands as wanted at {found.where} already: only the cloud differs"
        self.edited[found.file] = new
        return ""


def told(block: Block) -> str:
    """A block's content on one line."""
    parts = [f"{name} = {' '.join(text.split())}" for name, text in block.attributes]
    parts += [f"{inner.type} {{ {told(inner)} }}" for inner in block.blocks]
    return "; ".join(parts)


def between(before: Block | None, after: Block, identifying: Collection[str]) -> Block:
    """The part of `after` that `before` does not have; all but what says which object it is where there was nothing.

    NotEditableError where something would have to be taken away: that is a person's to do.
    """
    if before is None:
        kept = tuple(row for row in after.attributes if row[0] not in identifying)
        return replace(after, attributes=kept)
    earlier = dict(before.attributes)
    gone = [name for name in earlier if name not in dict(after.attributes)]
    gone += [one.type for one in before.blocks if all(one.type != other.type for other in after.blocks)]
    if gone:
        raise NotEditableError(f"{gone[0]} has to be taken out")
    attributes = tuple((name, text) for name, text in after.attributes if earlier.get(name) != text)
    blocks = []
    for one in after.blocks:
        if one in before.blocks:
            continue
        same = [other for other in before.blocks if other.type == one.type]
        alone = sum(other.type == one.type for other in after.blocks) == 1
        blocks.append(between(same[0], one, ()) if alone and len(same) == 1 else one)
    return replace(after, attributes=attributes, blocks=tuple(blocks))
