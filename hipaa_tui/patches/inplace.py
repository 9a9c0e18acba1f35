"""Brings blocks that stand in the repository to what a change wants, where a reviewer expects to see it.

A snippet renders everything that a block of its own would need. In a block that somebody else wrote only what the
change is about may be touched: what differs between the earlier value's rendering and the wanted one's. A block that
stands for several things is edited once all of them want the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from hipaa_tui.patches import schema
from hipaa_tui.patches.editing import NotEditableError, lay_over
from hipaa_tui.patches.elsewhere import ReadFile
from hipaa_tui.patches.folder import Folder, Managed, Resource
from hipaa_tui.patches.following import Following, Setting
from hipaa_tui.patches.hcl import Block
from hipaa_tui.patches.instances import Instance, split_address
from hipaa_tui.patches.likeness import nothing
from hipaa_tui.patches.scopes import Call
from hipaa_tui.patches.sight import Difference
from hipaa_tui.patches.syntax import Expression

_NAMED = 4
_AS_IT_IS = Difference()


@dataclass(frozen=True, slots=True)
class Want:
    """A part that one instance of a block wants; `shared` says that others may get the same."""

    instance: Instance
    part: Block
    shared: bool
    settled: Callable[[str], None]
    difference: Difference = _AS_IT_IS


@dataclass
class InPlace:
    """The edits of one patch.

    `edited` are the files as they are to be, by name; `wrong` the snippets' faults. `elsewhere` gives the folders
    of the repository that call a module's folder without the root module knowing, `read` any other file of it.
    """

    folder: Folder
    elsewhere: Callable[[str], Collection[str]] = lambda _: ()
    read: ReadFile = nothing
    edited: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    where: dict[str, list[str]] = field(default_factory=dict)
    _waiting: dict[tuple[str, int], tuple[Resource, list[Want]]] = field(default_factory=dict)

    def over(
        self,
        found: Managed,
        part: Block,
        *,
        shared: bool,
        settled: Callable[[str], None],
        difference: Difference = _AS_IT_IS,
    ) -> None:
        """Lay the part over the block that manages an object. `difference` is what the part is of.

        `settled` is told "" where that is done, else why not, with what to set where; for a block that stands for
        several things only when `settle` is called. `shared` allows that others get the same.
        """
        resource, difference = found.resource, difference.about(part)
        if resource is None:
            settled(f"already managed at {found.where}: edit it there")
            return
        unknown = [one for one in schema.problems(part) if " has no " in one]
        if unknown:
            self.wrong += unknown
            settled(unknown[0])
            return
        if found.instances:
            _, wants = self._waiting.setdefault((resource.file, resource.block.line), (resource, []))
            same = replace(part, labels=resource.block.labels)
            wants += [Want(one, same, shared, settled, difference) for one in found.instances]
        elif resource.many or resource.scope:
            what = f"managed at {found.where}: set {told(part)} there"
            settled(f"{what}; by its count or for_each it stands for several resources")
        else:
            settled(self._lay(resource, part, (), (), shared=shared, difference=difference))

    def settle(self) -> None:
        """Edit the blocks that stand for several things."""
        waiting, self._waiting = self._waiting, {}
        for resource, wants in waiting.values():
            parts = {want.part for want in wants}
            if len(parts) > 1:
                reason = (
                    f"managed at {resource.where}, which stands for {len(wants)} things of the plan that want "
                    f"different values: {'; '.join(sorted(told(one) for one in parts)[:2])}"
                )
            else:
                mine = tuple(want.instance for want in wants)
                changes = {want.difference for want in wants}
                reason = self._every(
                    resource,
                    next(iter(parts)),
                    mine,
                    shared=all(want.shared for want in wants),
                    difference=changes.pop() if len(changes) == 1 else _AS_IT_IS,
                )
            for want in wants:
                want.settled(reason)

    def _every(
        self,
        resource: Resource,
        part: Block,
        mine: tuple[Instance, ...],
        *,
        shared: bool,
        difference: Difference,
    ) -> str:
        chains: dict[tuple[Call, ...], None] = {}
        for one in mine:
            chains[tuple(self.folder.scopes.chain(split_address(one.block)[0]))] = None
        earlier, reason = dict(self.edited), ""
        for chain in chains:
            reason = reason or self._lay(resource, part, chain, mine, shared=shared, difference=difference)
        if reason:
            self.edited = earlier
        return reason

    def _lay(
        self,
        resource: Resource,
        part: Block,
        chain: tuple[Call, ...],
        mine: tuple[Instance, ...],
        *,
        shared: bool,
        difference: Difference,
    ) -> str:
        """ "" where the block says it afterwards, else why not. Everything of it or nothing."""
        what = f"managed at {resource.where}: set {told(part)} there"
        following = Following(self.folder, chain, resource.address, read=self.read)
        text = self._text(resource.file)
        means = self._means(resource)
        try:
            new = lay_over(
                text.encode(),
                resource.block.labels,
                part,
                means,
                follow=following.follow,
                difference=difference,
                theirs=self.folder.values if resource.scope else None,
                literal=following.literal,
            ).decode()
            texts = {resource.file: new} if new != text else {}
            for one in following.settings:
                before = texts.get(one.file, self._text(one.file))
                after = one.edit(before.encode()).decode()
                if after != before:
                    texts[one.file] = after
            others = (
                [] if shared else self._others(resource, mine, following.settings, texts, direct=new != text)
            )
        except NotEditableError as error:
            line = f" (line {error.line})" if error.line else ""
            return f"{what}: {error}{line}"
        if not texts:
            return f"stands as wanted at {resource.where} already: only the cloud differs"
        if others:
            shown = ", ".join(others[:_NAMED]) + (
                f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            )
            return f"{what}: {shown} would get it too; plan those as well, or allow it with --shared"
        self.edited.update(texts)
        self.where[resource.address] = [resource.where, *(one.where for one in following.settings)]
        return ""

    def _text(self, file: str) -> str:
        found = self.edited.get(file, self.folder.files.get(file))
        found = self.read(file) if found is None else found
        if found is None:
            raise NotEditableError(f"{file} is not in the commit")
        return found

    def _means(self, resource: Resource) -> Callable[[Expression], frozenset[str] | None]:
        if resource.scope:
            # What an expression of a module is hangs on who calls it.
            return lambda _: None
        return lambda value: self.folder.values(value, resource.block)

    def _others(
        self,
        resource: Resource,
        mine: Collection[Instance],
        settings: Iterable[Setting],
        texts: Mapping[str, str],
        *,
        direct: bool,
    ) -> list[str]:
        """Who else would get the new value."""
        every = self.folder.instances(resource) if mine else ()
        rest = [one for one in every if one not in mine]
        found: list[str] = []
        if direct:
            found += [one.address for one in rest]
            found += (
                [f"{one} (calls {resource.scope})" for one in self.elsewhere(resource.scope)]
                if resource.scope
                else []
            )
        for setting in settings:
            if setting.file not in texts:
                continue
            found += setting.others
            if setting.scope:
                found += [one.address for one in rest]
                found += [f"{one} (calls {setting.scope})" for one in self.elsewhere(setting.scope)]
            found += [one.address for one in rest if self._below(one, setting.calls)]
            if setting.calls and setting.calls[-1].scope:
                found += [
                    f"{one} (calls {setting.calls[-1].scope})"
                    for one in self.elsewhere(setting.calls[-1].scope)
                ]
        return list(dict.fromkeys(found))

    def _below(self, instance: Instance, calls: tuple[Call, ...]) -> bool:
        chain = self.folder.scopes.chain(split_address(instance.block)[0])
        return tuple(chain[: len(calls)]) == calls


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
