"""Edits the repository's own blocks, or the places that set their values.

A snippet renders everything that a new block needs. In an existing block only what the change is about may be edited:
the difference between the renderings of the earlier and the wanted value. A block that creates several resources is
edited once all of them want the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hipaa_tui.patches.code.folder import Folder, Managed, Resource
from hipaa_tui.patches.code.generated import generated
from hipaa_tui.patches.code.installed import FOLDER as INSTALLED
from hipaa_tui.patches.code.instances import Instance, split_address
from hipaa_tui.patches.code.scopes import Call
from hipaa_tui.patches.edit.external_documents import ReadFile
from hipaa_tui.patches.edit.instances_agree import Want, changed_keys, in_words_of_all, meaning
from hipaa_tui.patches.edit.module_variables import Handing
from hipaa_tui.patches.edit.remove_block import import_files, references, without, without_import
from hipaa_tui.patches.edit.value_sources import Following, Setting
from hipaa_tui.patches.editing.apply import NotEditableError, lay_over
from hipaa_tui.patches.editing.edit_context import Difference
from hipaa_tui.patches.editing.equivalence import nothing
from hipaa_tui.patches.language import schema
from hipaa_tui.patches.language.edits import OfRootError
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.syntax import Expression, Traversal
from hipaa_tui.support.sanitize import plain

_NAMED = 4
_AS_IT_IS = Difference()
REMOVED: Final = "(removed)"
"""Among the names that may change at an address: the block is removed."""


@dataclass
class InPlace:
    """The edits of one patch.

    `edited` are the files as they are to be, by name; `wrong` the snippets' faults; `names` say what may change at
    which address (None: anything). `elsewhere` gives the folders of the repository that call a module's folder
    without the root module knowing, `read` any other file of it; `spoken` says a block in the words of the
    provider's version.
    """

    folder: Folder
    elsewhere: Callable[[str], Collection[str]] = lambda _: ()
    spoken: Callable[[Block], Block] = lambda block: block
    read: ReadFile = nothing
    edited: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    names: dict[str, frozenset[str] | None] = field(default_factory=dict)
    _handing: Handing = field(init=False)
    _waiting: dict[tuple[str, int], tuple[Resource, list[Want]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._handing = Handing(self.folder.scopes)

    def over(
        self,
        found: Managed,
        part: Block,
        *,
        shared: bool,
        settled: Callable[[str], None],
        difference: Difference = _AS_IT_IS,
    ) -> None:
        """Edit the block that manages a resource. `difference` is the change that the part belongs to.

        `settled` is called with "" if that is done, else with the reason and what to set where; for a block with several
        resources only when `settle` is called. `shared` allows that others are changed, too.
        """
        resource = found.resource
        if resource is None:
            settled(f"already managed at {found.where}: edit it there")
            return
        unknown = [one for one in schema.problems(part) if " has no " in one]
        if unknown:
            self.wrong += unknown
            settled(unknown[0])
            return
        part, difference = self.spoken(part), difference.spoken(self.spoken)
        difference = difference.about(part)
        if found.instances:
            _, wants = self._waiting.setdefault((resource.file, resource.block.line), (resource, []))
            same = replace(part, labels=resource.block.labels)
            wants += [Want(one, same, shared, settled, difference) for one in found.instances]
        elif resource.many or resource.scope:
            what = f"managed at {found.where}: set {plain(told(part), 240)} there"
            settled(f"{what}; by its count or for_each it creates several resources")
        else:
            settled(self._lay(resource, part, (), (), shared=shared, difference=difference))

    def remove(self, resource: Resource, *, comments: str, instances: Iterable[str] = ()) -> str:
        """Remove the block and its import blocks. Returns "" or the reason why not."""
        what = f"is defined at {resource.where}"
        others = references(self.folder, resource)
        if others:
            return f"{what}, and {others[0]} refers to it: remove both by hand"
        try:
            self._refuse_code_of_others([resource.file, *import_files(self.folder, resource.address)])
            text = without(self._text(resource.file).encode(), resource.address, comments=comments).decode()
        except NotEditableError as error:
            return f"{what}: {error}: remove it by hand"
        self.edited[resource.file] = text
        for file in import_files(self.folder, resource.address):
            self.edited[file] = without_import(self._text(file).encode(), resource.address).decode()
        self.names.update(dict.fromkeys([resource.address, *instances], frozenset({REMOVED})))
        return ""

    def call(self, call: Call, part: Block) -> str:
        """Set inputs in a module call. Returns "" or the reason why not."""
        what = f"managed by the module that {call.where} calls: set {plain(told(part), 240)} there"
        if call.scope or any(call.block.value(name) is not None for name in ("count", "for_each")):
            return f"{what}; it creates several resources"
        text = self._text(call.file)
        following = Following(self.folder, (), f"module.{call.name}")
        try:
            self._refuse_code_of_others([call.file])
            new = lay_over(
                text.encode(), (call.name,), part, self.folder.values, follow=following.follow, kind="module"
            ).decode()
        except NotEditableError as error:
            return f"{what}: {error}"
        if following.settings:
            return f"{what}, where {following.settings[0].where} sets the value"
        if new == text:
            return f"already set at {call.where}: only the cloud differs"
        self.edited[call.file] = new
        self.names.update(dict.fromkeys(self.folder.addresses_below(f"module.{call.name}")))
        return ""

    def settle(self) -> None:
        """Edit the blocks that create several resources."""
        waiting, self._waiting = self._waiting, {}
        for resource, wants in waiting.values():
            about: dict[frozenset[str], list[Want]] = {}
            for want in wants:
                about.setdefault(_names(want.part), []).append(want)
            for same in about.values():
                reason = self._agreed(resource, same)
                for want in same:
                    want.settled(reason)

    def _agreed(self, resource: Resource, wants: list[Want]) -> str:
        """What several instances want of the same arguments, where it is the same."""
        wants = changed_keys(resource, in_words_of_all(resource, wants))
        parts = {want.part for want in wants}
        differences = {want.difference for want in wants}
        taken = any(one.taken or one.left for one in differences) and len(differences) > 1
        if taken or len({meaning(part) for part in parts}) > 1:
            return (
                f"managed at {resource.where}, which creates {len(wants)} resources of the plan that need "
                f"different values: {'; '.join(sorted(told(one) for one in parts)[:2])}"
            )
        mine = tuple(want.instance for want in wants)
        return self._every(
            resource,
            wants[0].part,
            mine,
            shared=all(want.shared for want in wants),
            difference=differences.pop() if len(differences) == 1 else _AS_IT_IS,
        )

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
        earlier = dict(self.edited)
        reasons = [
            self._lay(resource, part, chain, mine, shared=shared, difference=difference) for chain in chains
        ]
        # What one chain has edited stands as wanted for the next.
        wrong = next((one for one in reasons if one and one != _stands(resource)), "")
        if wrong:
            self.edited = earlier
        return wrong or ("" if "" in reasons else reasons[0])

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
        what = f"managed at {resource.where}: set {plain(told(part), 240)} there"
        following = Following(self.folder, chain, resource.address, read=self.read)
        text = self._text(resource.file)
        try:
            new, kept = self._brought(resource, part, difference, following)
            changed = [*([resource.file] if new != text else []), *(one.file for one in following.settings)]
            self._refuse_code_of_others(changed, chain)
            texts = {resource.file: new} if new != text else {}
            for one in following.settings:
                before = texts.get(one.file, self._text(one.file))
                after = one.edit(before.encode()).decode()
                if after != before:
                    texts[one.file] = after
            others = (
                []
                if shared
                else self._others(resource, mine, following.settings, texts, direct=new != text and not kept)
            )
        except NotEditableError as error:
            line = f" (line {error.line})" if error.line else ""
            return f"{what}: {error}{line}"
        if not texts:
            return _stands(resource)
        if others and not shared:
            shown = ", ".join(others[:_NAMED]) + (
                f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            )
            return f"{what}: {shown} would be changed, too; plan those as well, or allow it with --shared"
        self.edited.update(texts)
        for address in [one.address for one in mine] or [resource.address]:
            self.names[address] = (self.names.get(address) or frozenset()) | _names(part, difference)
        self.names.update(dict.fromkeys(others))
        return ""

    def _brought(
        self, resource: Resource, part: Block, difference: Difference, following: Following
    ) -> tuple[str, bool]:
        """The file of the block, brought to the part; and whether those keep theirs who share the block."""
        if not self._handing.has(resource):
            try:
                return self._laid(resource, part, difference, following), False
            except OfRootError:
                following.settings.clear()
        handed = self._handing.down(resource, part, difference, following.chain)
        new = self._laid(resource, handed.part, handed.difference, following, handed.names)
        following.settings += handed.settings
        return new, handed.kept

    def _laid(
        self,
        resource: Resource,
        part: Block,
        difference: Difference,
        following: Following,
        handed: frozenset[str] = frozenset(),
    ) -> str:
        """The file of the block, brought to the part. NotEditableError."""

        def theirs(value: Expression) -> frozenset[str] | None:
            own = isinstance(value, Traversal) and value.parts[0] == "var" and value.parts[1] in handed
            return None if own else self.folder.values(value)

        return lay_over(
            self._text(resource.file).encode(),
            resource.block.labels,
            part,
            self._means(resource),
            follow=following.follow,
            difference=difference,
            theirs=theirs if resource.scope else None,
            literal=following.literal,
            handed=handed,
        ).decode()

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
            if setting.file not in texts or setting.silent:
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

    def _refuse_code_of_others(self, files: Iterable[str], chain: tuple[Call, ...] = ()) -> None:
        """Another repository's code, and what a program writes."""
        for file in dict.fromkeys(files):
            if file.startswith(INSTALLED):
                raise NotEditableError(_elsewhere(chain))
            mark = generated(file, self._text(file))
            if mark:
                raise NotEditableError(f"{file} is generated ({plain(mark, 100)}): change its source")

    def _below(self, instance: Instance, calls: tuple[Call, ...]) -> bool:
        chain = self.folder.scopes.chain(split_address(instance.block)[0])
        return tuple(chain[: len(calls)]) == calls


def _stands(resource: Resource) -> str:
    return f"already set at {resource.where}: only the cloud differs"


def _names(part: Block, difference: Difference = _AS_IT_IS) -> frozenset[str]:
    said = {name for name, _ in part.attributes} | {one.type for one in part.blocks}
    return frozenset(said | set(difference.taken) | set(difference.left))


def _elsewhere(chain: tuple[Call, ...]) -> str:
    """What to do about a block of a module whose code is another repository's."""
    call = next((one for one in chain if (one.folder or "").startswith(INSTALLED)), None)
    source = plain(call.source, 100) if call else "its source"
    where = f" of the call at {call.file}:{call.block.line}" if call else ""
    return (
        f"that is the code of {source}, which is not in this repository, and no input{where} sets only that: "
        "use a version of the module that has one, or change the module"
    )


def told(block: Block) -> str:
    """A block's content on one line."""
    parts = [f"{name} = {' '.join(text.split())}" for name, text in block.attributes]
    parts += [f"{inner.type} {{ {told(inner)} }}" for inner in block.blocks]
    return "; ".join(parts)


def between(before: Block | None, after: Block, identifying: Collection[str]) -> Block:
    """The part of `after` that `before` does not have; all but what says which object it is where there was nothing.

    What has to be taken away is known from the two (see `Difference`).
    """
    if before is None:
        kept = tuple(row for row in after.attributes if row[0] not in identifying)
        return replace(after, attributes=kept)
    earlier = dict(before.attributes)
    attributes = tuple((name, text) for name, text in after.attributes if earlier.get(name) != text)
    blocks = []
    for one in after.blocks:
        if one in before.blocks:
            continue
        same = [other for other in before.blocks if other.type == one.type]
        alone = sum(other.type == one.type for other in after.blocks) == 1
        blocks.append(between(same[0], one, ()) if alone and len(same) == 1 else one)
    return replace(after, attributes=attributes, blocks=tuple(blocks))
