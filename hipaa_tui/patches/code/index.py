"""The index of a configuration: its blocks by address and type, and their instances."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from hipaa_tui.patches.code.instances import Evaluation, Instance, split_address
from hipaa_tui.patches.code.resource_identity import ID_IS
from hipaa_tui.patches.code.resources import Resource, Values
from hipaa_tui.patches.code.scopes import Reader, no_modules, read_scopes
from hipaa_tui.patches.language.syntax import Attribute, Declared, Traversal

_MOST = 200
_BY_KEY = re.compile(r"((?:aws|azurerm)_\w+\.[\w-]+)\[each\.key\]\.(\w+)")


@dataclass
class Standing:
    """The configuration, parsed: the folder's own files and those of the modules that it calls.

    `reader` gives the files of a module's folder, `installed` the folder of a module path; `evaluation` and `state` say what blocks stand for where their
    text does not. `broken` are the "file:line" of syntax errors.
    """

    files: Mapping[str, str]
    reader: Reader = no_modules
    var_files: Sequence[str] = ()
    installed: Mapping[str, str] = field(default_factory=dict)
    evaluation: Evaluation | None = None
    state: Sequence[Instance] = ()
    resources: list[Resource] = field(default_factory=list)
    unresolved: dict[str, None] = field(default_factory=dict)
    _names: dict[str, tuple[dict[str, list[Resource]], list[Resource]]] = field(default_factory=dict)
    _types: dict[str, list[Resource]] = field(default_factory=dict)
    _own: dict[str, Resource] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scopes = read_scopes(self.files, self.reader, self.var_files, self.installed)
        self.files = self.scopes.files
        for scope in self.scopes:
            for name, block in scope.blocks:
                if block.type == "resource" and len(block.labels) == 2:
                    self.resources.append(Resource(name, block, scope.folder))

    @property
    def blocks(self) -> list[tuple[str, Declared]]:
        """The root module's blocks with their files."""
        return self.scopes.root.blocks

    @property
    def broken(self) -> list[str]:
        return self.scopes.broken

    def add_own(self, file: str, block: Declared) -> None:
        """A block of the patch: its names can be followed, and it is no reason to refuse."""
        self._own[block.address] = Resource(file, block, own=True)

    def taken(self, type: str, name: str) -> bool:
        """Is there such an address in the folder?"""
        return f"{type}.{name}" in self._addresses

    @cached_property
    def _addresses(self) -> dict[str, Resource]:
        """The root module's own blocks by their address."""
        return {one.address: one for one in self.resources if not one.scope}

    def at(self, address: str) -> Resource | None:
        """The root module's block at an address."""
        return self._addresses.get(address)

    def parents(self, type: str) -> list[str]:
        """The types of the folder that a type's name goes on from: aws_s3_bucket of aws_s3_bucket_versioning."""
        self.of_type(type)
        return [one for one in self._types if type.startswith(f"{one}_")]

    def of_type(self, *types: str) -> Iterator[Resource]:
        if not self._types:
            for one in self.resources:
                self._types.setdefault(one.type, []).append(one)
        return (one for type in types for one in self._types.get(type, ()))

    def addresses_below(self, module: str) -> list[str]:
        """The addresses of everything in a module and those that it calls."""
        known = [*self.state, *self._evaluated_all()]
        return [one.address for one in known if one.address.startswith((f"{module}.", f"{module}["))]

    def _evaluated_all(self) -> Sequence[Instance]:
        return self.evaluation.instances() if self.evaluation else ()

    def place_of(self, instance: Instance) -> str:
        """ "main.tf:12" of the block that an instance is of; "" where the folder does not have it."""
        module, address = split_address(instance.block)
        scope = self.scopes.of_module(module)
        mine = (
            one for one in self.resources if scope and (one.scope, one.address) == (scope.folder, address)
        )
        return next((f"{one.file}:{one.block.line}" for one in mine), "")

    def instances(self, resource: Resource) -> tuple[Instance, ...]:
        """What the block stands for, by the state where there is one, else by the evaluation."""
        if resource.own:
            return ()
        stated = tuple(self._stated.get((resource.scope, resource.address), ()))
        return (
            stated
            or tuple(self._for_each_of(resource))
            or tuple(self._evaluated.get((resource.file, resource.block.line), ()))
        )

    def _for_each_of(self, resource: Resource, depth: int = 0) -> Iterator[Instance]:
        """What a block with `for_each = aws_s3_bucket.clinic` stands for, which the evaluation leaves open."""
        items = resource.block.value("for_each")
        if resource.scope or depth > _MOST or not isinstance(items, Traversal) or len(items.parts) != 2:
            return
        by_key = (_BY_KEY.fullmatch(one.text) for one in resource.block.attributes)
        named = next((one[1] for one in by_key if one), ".".join(items.parts))
        relative = None if items.indexed or named == resource.address else self._addresses.get(named)
        if relative is None:
            return
        known = list(self._for_each_of(relative, depth + 1)) or self.instances(relative)
        for one in known:
            key = one.address.removeprefix(relative.address)
            if key.startswith('["'):
                values = {
                    each.name: found
                    for each in resource.block.attributes
                    if (found := _of_each(each, one, relative.type)) is not None
                }
                yield Instance(resource.address + key, values, (resource.file, resource.block.line))

    @cached_property
    def _stated(self) -> dict[tuple[str, str], list[Instance]]:
        found: dict[tuple[str, str], list[Instance]] = {}
        for one in self.state:
            module, address = split_address(one.block)
            scope = self.scopes.of_module(module)
            if scope is not None:
                found.setdefault((scope.folder, address), []).append(one)
        return found

    @cached_property
    def _evaluated(self) -> dict[tuple[str, int], list[Instance]]:
        found: dict[tuple[str, int], list[Instance]] = {}
        for one in self._evaluated_all():
            found.setdefault(one.place, []).append(one)
        return found

    def _in_state(self, resource: Resource) -> tuple[Instance, ...]:
        return tuple(self._stated.get((resource.scope, resource.address), ()))


def _of_each(given: Attribute, one: Instance, type: str) -> str | None:
    """What `each.value.id` or `aws_s3_bucket.clinic[each.key].id` is of that instance; None where that is not known."""
    value = given.value
    parts = value.parts if isinstance(value, Traversal) and not value.indexed else ()
    if parts == ("each", "key"):
        return one.address.partition('["')[2].removesuffix('"]')
    by_key = _BY_KEY.fullmatch(given.text)
    attribute = (
        by_key[2] if by_key else parts[2] if parts[:2] == ("each", "value") and len(parts) == 3 else ""
    )
    return next(iter(exported(one, attribute, type) or ()), None)


def exported(one: Instance, attribute: str, type: str) -> Values:
    """An attribute of an instance, as far as its arguments tell it."""
    found = one.values.get(attribute) or one.values.get(ID_IS.get(type, "") if attribute == "id" else "")
    return frozenset({found}) if found else None
