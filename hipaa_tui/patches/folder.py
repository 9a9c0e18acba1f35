"""Knows what a folder's Terraform files manage already, so that no object gets a second block.

Names are followed as far as they can be told without Terraform: literals, variables with their
defaults, locals, other blocks, each.key. What cannot be told is `None`, and is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from hipaa_tui.patches.objects import GLOBAL, ID_IS, IDENTIFYING, INLINE, PARTS, SINGLETONS
from hipaa_tui.patches.syntax import Declared, Expression, Items, Template, Traversal, parse

Values = frozenset[str] | None
"""The strings that an expression can be; None where only Terraform can tell."""
_MOST = 200


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource block and where it stands. `own` is one of the patch itself."""

    file: str
    block: Declared
    own: bool = False

    @property
    def type(self) -> str:
        return self.block.labels[0]

    @property
    def address(self) -> str:
        return self.block.address

    @property
    def where(self) -> str:
        return f"{self.file}:{self.block.line} ({self.address})"

    @property
    def many(self) -> bool:
        """With count or for_each its address needs an index."""
        return any(self.block.value(name) is not None for name in ("count", "for_each"))

    @property
    def provider(self) -> str:
        """The alias after the dot, "" for the default provider."""
        found = self.block.value("provider")
        return ".".join(found.parts[1:]) if isinstance(found, Traversal) else ""


@dataclass
class Folder:
    """The folder's files, parsed. `broken` are the "file:line" of syntax errors."""

    files: Mapping[str, str]
    resources: list[Resource] = field(default_factory=list)
    imports: dict[str, Values] = field(default_factory=dict)
    blocks: list[tuple[str, Declared]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    unresolved: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._given: dict[str, Expression] = {}
        for name, text in sorted(self.files.items()):
            parsed = parse(text)
            if parsed.broken:
                self.broken.append(f"{name}:{parsed.broken}")
            if name.endswith(".tfvars"):
                self._given.update({one.name: one.value for one in parsed.attributes})
            else:
                self.blocks += [(name, block) for block in parsed.blocks]
        for name, block in self.blocks:
            if block.type == "resource" and len(block.labels) == 2:
                self.resources.append(Resource(name, block))
        for _, block in self.blocks:
            to = block.value("to")
            if block.type == "import" and isinstance(to, Traversal):
                self.imports[".".join(to.parts)] = self.values(block.value("id"))

    def add_own(self, file: str, block: Declared) -> None:
        """A block of the patch: its names can be followed, and it is no reason to refuse."""
        self.resources.append(Resource(file, block, own=True))

    def taken(self, type: str, name: str) -> bool:
        """Is there such an address in the folder?"""
        return any(one.address == f"{type}.{name}" for one in self.resources)

    def of_type(self, *types: str) -> Iterator[Resource]:
        return (one for one in self.resources if one.type in types and not one.own)

    def certain_name(self, resource: Resource) -> str:
        """The one value that its first identifying argument can have; "" where that is not certain."""
        found = (
            None if resource.many else self._of(resource, next(iter(IDENTIFYING.get(resource.type, ())), ""))
        )
        return next(iter(found)) if found is not None and len(found) == 1 else ""

    def named(self, type: str, name: str) -> Resource | None:
        """The resource of the type that certainly is the one called `name`."""
        return next((one for one in self.of_type(type) if self.certain_name(one) == name), None)

    def _of(self, resource: Resource, argument: str) -> Values:
        return self.values(resource.block.value(argument), resource.block)

    def managed(self, block: Declared, import_id: str) -> tuple[str, str]:
        """Where the object of `block` is managed already: ("main.tf:12 (address)", address); else ("", "").

        The second is "" where no address of the same type can be referred to. `import_id` is "" for
        what does not exist yet.
        """
        mine = Resource("", block, own=True)
        others = [one for one in self.of_type(mine.type) if self._may_meet(one, mine)]
        for other in others:
            if self._same_object(other, mine, import_id):
                return other.where, "" if other.many else other.address
        return self._inline(mine) or self._part(mine, import_id), ""

    def _may_meet(self, other: Resource, mine: Resource) -> bool:
        return mine.type.startswith(GLOBAL) or other.provider == mine.provider

    def _same_object(self, other: Resource, mine: Resource, import_id: str) -> bool:
        imported = self.imports.get(other.address)
        if import_id and imported is not None:
            return import_id in imported
        if mine.type in SINGLETONS:
            return True
        arguments = IDENTIFYING[mine.type]
        certain = False
        for argument in arguments:
            theirs, ours = self._of(other, argument), self._of(mine, argument)
            if theirs is None or ours is None:
                continue
            if not theirs & ours:
                return False
            certain = True
        if not certain:
            self.unresolved[other.where] = None
        return certain

    def _inline(self, mine: Resource) -> str:
        parent, argument = INLINE.get(mine.type, ("", ""))
        for other in self.of_type(parent):
            here = other.block.value(argument) is not None or any(other.block.inner(argument, "dynamic"))
            if here and self._meet(self._of(other, "bucket"), self._of(mine, "bucket")):
                return f"{other.where}, in its {argument}"
        if mine.type == "azurerm_network_security_rule":
            for other in self.of_type("azurerm_network_security_group"):
                inside = any(other.block.inner("security_rule", "dynamic"))
                group = self._of(mine, "network_security_group_name")
                if inside and self._meet(self._of(other, "name"), group):
                    return f"{other.where}, in its security_rule"
        return ""

    def _part(self, mine: Resource, import_id: str) -> str:
        for type, argument in PARTS.get(mine.type, ()):
            for other in self.of_type(type):
                if import_id and self._meet(self._of(other, argument), frozenset({import_id})):
                    return other.where
        return ""

    @staticmethod
    def _meet(one: Values, other: Values) -> bool:
        return one is not None and other is not None and bool(one & other)

    def values(self, value: Expression, block: Declared | None = None, depth: int = 0) -> Values:
        """Every string that the expression can be. `block` is the one it stands in (for each.key)."""
        if depth > 12 or isinstance(value, bool) or value is None:
            return None
        if isinstance(value, str):
            return frozenset({value})
        if isinstance(value, int | float):
            return frozenset({str(value)})
        if isinstance(value, Template):
            parts = [self.values(part, block, depth + 1) for part in value.parts]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts) or any(len(part) > _MOST for part in known):
                return None
            combined = ["".join(one) for one in product(*known)]
            return frozenset(combined) if len(combined) <= _MOST else None
        if isinstance(value, Traversal):
            return self._follow(value.parts, block, depth)
        return None

    def _follow(self, parts: tuple[str, ...], block: Declared | None, depth: int) -> Values:
        match parts:
            case ("var", name):
                default = next(
                    (
                        b.value("default")
                        for _, b in self.blocks
                        if b.type == "variable" and b.labels == (name,)
                    ),
                    None,
                )
                return self.values(self._given.get(name, default), None, depth + 1)
            case ("local", name):
                found = (
                    b.value(name) for _, b in self.blocks if b.type == "locals" and b.value(name) is not None
                )
                return self.values(next(found, None), None, depth + 1)
            case ("each", "key" | "value" as which) if block is not None:
                return self._each(block.value("for_each"), which, depth)
            case ("data", type, name, attribute):
                blocks = (b for _, b in self.blocks if b.type == "data" and b.labels == (type, name))
                return self._attribute(next(blocks, None), type, attribute, depth)
            case (type, name, attribute):
                blocks = (one.block for one in self.resources if one.address == f"{type}.{name}")
                return self._attribute(next(blocks, None), type, attribute, depth)
            case _:
                return None

    def _attribute(self, block: Declared | None, type: str, attribute: str, depth: int) -> Values:
        if block is None:
            return None
        if attribute == "id":
            if type in ID_IS:
                attribute = ID_IS[type]
            else:
                return self.imports.get(block.address)
        return self.values(block.value(attribute), block, depth + 1)

    def _each(self, items: Expression, which: str, depth: int) -> Values:
        if isinstance(items, Traversal) and len(items.parts) == 2 and items.parts[0] in {"var", "local"}:
            kind, name = items.parts
            items = next(
                (
                    b.value("default" if kind == "var" else name)
                    for _, b in self.blocks
                    if (b.type == "variable" and kind == "var" and b.labels == (name,))
                    or (b.type == "locals" and kind == "local" and b.value(name) is not None)
                ),
                None,
            )
        if not isinstance(items, Items):
            return None
        chosen = items.keys if items.keys and which == "key" else items.values
        found = [self.values(one, None, depth + 1) for one in chosen]
        if any(one is None for one in found):
            return None
        return frozenset().union(*(one for one in found if one is not None))
