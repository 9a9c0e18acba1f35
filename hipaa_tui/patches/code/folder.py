"""Finds the block that manages a resource, so that no resource gets a second block.

Names are resolved as far as possible without Terraform (see `Meanings`); what cannot be resolved is reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from hipaa_tui.patches.code.expression_values import Meanings
from hipaa_tui.patches.code.installed import FOLDER as INSTALLED
from hipaa_tui.patches.code.instances import Instance, split_address
from hipaa_tui.patches.code.resource_identity import GLOBAL, IDENTIFYING, INLINE, NAMING, PARTS, SINGLETONS
from hipaa_tui.patches.code.resources import Managed, Resource, Values, alone
from hipaa_tui.patches.code.scopes import Call
from hipaa_tui.patches.language.syntax import Declared, Traversal

__all__ = ["Folder", "Managed", "Resource", "Values"]


class Folder(Meanings):
    """The configuration, and which block of it manages what."""

    def certain_name(self, resource: Resource, named_by: str = "") -> str:
        """The one value that its first identifying argument can have; "" where that is not certain."""
        argument = named_by or next(iter(IDENTIFYING.get(resource.type, ())), "name")
        found = None if resource.many else self._of(resource, argument)
        return next(iter(found)) if found is not None and len(found) == 1 else ""

    def named(self, type: str, name: str) -> Resource | None:
        """The root module's resource of the type that certainly is the one called `name`."""
        known, unknown = self._by_name(type)
        mine = (one for one in (*known.get(name, ()), *unknown) if not one.scope)
        return next((one for one in mine if self.certain_name(one) == name), None)

    def _by_name(self, type: str) -> tuple[Mapping[str, list[Resource]], list[Resource]]:
        """(the blocks of a type by what their first identifying argument can be by its text, the others)."""
        if type not in self._names:
            argument = next(iter(IDENTIFYING.get(type, ())), "name")
            known: dict[str, list[Resource]] = {}
            unknown: list[Resource] = []
            for one in self.of_type(type):
                values = None if one.scope else self.values(one.block.value(argument), one.block)
                for value in values or ():
                    known.setdefault(value, []).append(one)
                if values is None:
                    unknown.append(one)
            self._names[type] = known, unknown
        return self._names[type]

    def _alike(self, mine: Resource) -> Iterator[Resource]:
        """The blocks of the same type that may be the same object, going by the first argument that identifies it."""
        known, unknown = self._by_name(mine.type)
        argument = next(iter(IDENTIFYING.get(mine.type, ())), "")
        values = self._of(mine, argument) if argument else None
        if values is None or mine.type in SINGLETONS:
            return (one for one in self.of_type(mine.type) if self._may_meet(one, mine))
        found = [one for value in sorted(values) for one in known.get(value, ())]
        # An import block or a state may say of a block what its text does not.
        told = self._told.get(mine.type, ())
        every = {id(one): one for one in (*found, *unknown, *told)}
        return (one for one in every.values() if self._may_meet(one, mine))

    @cached_property
    def _told(self) -> dict[str, list[Resource]]:
        """The blocks by their type of which an import block or a state speaks."""
        found: dict[str, list[Resource]] = {}
        for one in self.resources if self.imports or self._stated else ():
            if one.address in self.imports or self._in_state(one):
                found.setdefault(one.type, []).append(one)
        return found

    def reference(self, type: str, name: str) -> str:
        """How the root module refers to the one called `name`, with its key among many; "" where it cannot."""
        found = self.named(type, name)
        if found is not None:
            return found.address
        first = next(iter(IDENTIFYING.get(type, ())), "")
        among = [
            each.address
            for one in self.of_type(type)
            if one.many and not one.scope
            for each in self.instances(one)
            if each.values.get(first) == name
        ]
        return among[0] if len(among) == 1 else ""

    def holding(self, type: str, names: Collection[str], named_by: str = "") -> Managed | None:
        """The block of the type that manages the object that has one of these names, ids or ARNs; where none is
        certain None. `named_by` is the argument that holds the name, where objects.py does not say."""
        for one in self.of_type(type):
            if not one.scope and self.certain_name(one, named_by) in names:
                return Managed(one.where, one.address, one)
        found = []
        for one in self.of_type(type):
            mine = tuple(
                each for each in self.instances(one) if any(value in names for value in each.values.values())
            )
            if mine:
                found.append(self._managed_by(one, mine))
        return alone(found) if found else None

    def foreign(self, names: Collection[str]) -> tuple[Call, bool] | None:
        """(the call of a module from elsewhere that manages what has one of these names, is that certain).

        Certain by a state or by an installed module; else as far as the call names what it makes.
        """
        known = [*self.state, *(one for one in self._evaluated_all() if one.place[0].startswith(INSTALLED))]
        for one in known:
            call = self.scopes.foreign(split_address(one.block)[0])
            if call is not None and any(value in names for value in one.values.values()):
                return call, True
        for call in self.scopes.unread():
            given = self._given_to(call)
            if any(given.get(name) in names for name in NAMING):
                return call, False
        return None

    def _given_to(self, call: Call) -> dict[str, str]:
        """What a call certainly gives to its module's inputs."""
        if self.evaluation:
            return self.evaluation.given(call.file, call.block.line)
        found = {
            one.name: self.values(one.value, call.block) for one in call.block.attributes if not call.scope
        }
        return {name: next(iter(values)) for name, values in found.items() if values and len(values) == 1}

    def _managed_by(self, resource: Resource, instances: tuple[Instance, ...]) -> Managed:
        """By a block of which these instances are the object."""
        address = "" if resource.scope or len(instances) != 1 else instances[0].address
        alone = not resource.scope and not resource.many
        return Managed(
            resource.where, resource.address if alone else address, resource, () if alone else instances
        )

    def managed(self, block: Declared, import_id: str) -> Managed | None:
        """Where the resource of `block` is already managed. `import_id` is "" for a resource that does not exist yet."""
        mine = Resource("", block, own=True)
        others = list(self._alike(mine))
        stated = [
            self._managed_by(other, same)
            for other in others
            if import_id
            and (same := tuple(one for one in self._in_state(other) if one.values.get("id") == import_id))
        ]
        found = stated or [
            self._which(other, mine) for other in others if self._same_object(other, mine, import_id)
        ]
        if found:
            return alone(found)
        inside = self._inline(mine)
        if inside is not None:
            return inside
        part = self._part(mine, import_id)
        return Managed(part) if part else None

    def _which(self, other: Resource, mine: Resource) -> Managed:
        """The instances of the block that are the object."""
        if not other.many and not other.scope:
            return Managed(other.where, other.address, other)
        arguments = IDENTIFYING[mine.type]
        wanted = {argument: self._of(mine, argument) for argument in arguments}
        same = tuple(
            one
            for one in self.instances(other)
            if all(
                value is None or one.values.get(argument) is None or one.values[argument] in value
                for argument, value in wanted.items()
            )
        )
        return self._managed_by(other, same)

    def _may_meet(self, other: Resource, mine: Resource) -> bool:
        # Which provider a module gets is said where it is called; its blocks name none.
        return mine.type.startswith(GLOBAL) or bool(other.scope) or other.provider == mine.provider

    def _same_object(self, other: Resource, mine: Resource, import_id: str) -> bool:
        imported = None if other.scope else self.imports.get(other.address)
        if import_id and imported is not None:
            return import_id in imported
        if mine.type in SINGLETONS:
            return not other.scope or bool(self.instances(other))
        arguments = IDENTIFYING[mine.type]
        certain = False
        for argument in arguments:
            theirs, ours = self._of(other, argument), self._of(mine, argument)
            if self._same_reference(other, mine, argument):
                certain = True
                continue
            if theirs is None or ours is None:
                continue
            if not theirs & ours:
                return False
            certain = True
        if not certain:
            self.unresolved[other.where] = None
        return certain

    @staticmethod
    def _same_reference(other: Resource, mine: Resource, argument: str) -> bool:
        """Do both name the same thing of the root module? Then it matters not what only Terraform can tell of it."""
        one, two = other.block.value(argument), mine.block.value(argument)
        if other.scope or not isinstance(one, Traversal) or not isinstance(two, Traversal):
            return False
        if one.indexed or two.indexed:
            return False
        # By its id, URL, ARN or name: it is the same resource.
        ours = len(one.parts) == len(two.parts) == 3 and one.parts[0] not in {"module", "data"}
        return one.parts[:2] == two.parts[:2] if ours else one == two

    def _inline(self, mine: Resource) -> Managed | None:
        parent, argument = INLINE.get(mine.type, ("", ""))
        named_by = next(iter(IDENTIFYING.get(mine.type, ())), "")
        said = mine.block.value(named_by)
        for other in self.of_type(parent) if parent else ():
            here = other.block.value(argument) is not None or any(other.block.inner(argument, "dynamic"))
            referred = (
                isinstance(said, Traversal) and not other.scope and said.parts[:2] == other.block.labels
            )
            name = next(iter(IDENTIFYING.get(parent, ())), "name")
            if here and (referred or self._meet(self._of(other, name), self._of(mine, named_by))):
                return Managed(f"{other.where}, in its {argument}", inside=other)
        if mine.type == "azurerm_network_security_rule":
            for other in self.of_type("azurerm_network_security_group"):
                inside = any(other.block.inner("security_rule", "dynamic"))
                group = self._of(mine, "network_security_group_name")
                if inside and self._meet(self._of(other, "name"), group):
                    return Managed(f"{other.where}, in its security_rule")
        return None

    def _part(self, mine: Resource, import_id: str) -> str:
        for type, argument in PARTS.get(mine.type, ()):
            for other in self.of_type(type):
                if import_id and self._meet(self._of(other, argument), frozenset({import_id})):
                    return other.where
        return ""
