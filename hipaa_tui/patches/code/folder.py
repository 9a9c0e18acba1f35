"""Knows what a folder's Terraform files manage already, so that no object gets a second block.

Names are followed as far as they can be told without Terraform: literals, variables with their
defaults, locals, other blocks, each.key. What cannot be told is `None`, and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import product

from hipaa_tui.patches.code import arns
from hipaa_tui.patches.code.installed import FOLDER as INSTALLED
from hipaa_tui.patches.code.instances import Evaluation, Instance, split_address
from hipaa_tui.patches.code.objects import GLOBAL, ID_IS, IDENTIFYING, INLINE, NAMING, PARTS, SINGLETONS
from hipaa_tui.patches.code.scopes import Call, Reader, no_modules, read_scopes
from hipaa_tui.patches.language.syntax import Attribute, Declared, Expression, Items, Template, Traversal

Values = frozenset[str] | None
"""The strings that an expression can be; None where only Terraform can tell."""
_MOST = 200
_ONE_OF = re.compile(r'((?:aws|azurerm)_\w+\.[\w-]+)\[("(?:[^"\\]|\\.)*")\]\.(\w+)')
_BY_KEY = re.compile(r"((?:aws|azurerm)_\w+\.[\w-]+)\[each\.key\]\.(\w+)")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource block and where it stands: `scope` is the module's folder. `own` is one of the patch itself."""

    file: str
    block: Declared
    scope: str = ""
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


@dataclass(frozen=True, slots=True)
class Managed:
    """Where an object is managed already.

    `where` is "main.tf:12 (address)"; `address` can be referred to from the root module, "" where nothing can.
    `resource` is the block that manages it, None where it is only a part of another; `instances` are those of the
    block that are the object, none where the block stands for one thing. `inside` is a block of another type that
    holds the object as a part of its own.
    """

    where: str
    address: str = ""
    resource: Resource | None = None
    instances: tuple[Instance, ...] = ()
    inside: Resource | None = None


@dataclass
class Folder:
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
    imports: dict[str, Values] = field(default_factory=dict)
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
        for _, block in self.blocks:
            to = block.value("to")
            if block.type == "import" and isinstance(to, Traversal) and not to.indexed:
                self.imports[".".join(to.parts)] = self.values(block.value("id"))

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
        return _alone(found) if found else None

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

    def addresses_below(self, module: str) -> list[str]:
        """The addresses of everything in a module and those that it calls."""
        known = [*self.state, *self._evaluated_all()]
        return [one.address for one in known if one.address.startswith((f"{module}.", f"{module}["))]

    def _given_to(self, call: Call) -> dict[str, str]:
        """What a call certainly gives to its module's inputs."""
        if self.evaluation:
            return self.evaluation.given(call.file, call.block.line)
        found = {
            one.name: self.values(one.value, call.block) for one in call.block.attributes if not call.scope
        }
        return {name: next(iter(values)) for name, values in found.items() if values and len(values) == 1}

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

    # -- instances

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

    def _managed_by(self, resource: Resource, instances: tuple[Instance, ...]) -> Managed:
        """By a block of which these instances are the object."""
        address = "" if resource.scope or len(instances) != 1 else instances[0].address
        alone = not resource.scope and not resource.many
        return Managed(
            resource.where, resource.address if alone else address, resource, () if alone else instances
        )

    # -- identity

    def _of(self, resource: Resource, argument: str) -> Values:
        """What the argument can be: by the text where it says so, else by what the block stands for."""
        found = None if resource.scope else self.values(resource.block.value(argument), resource.block)
        if found is None and not resource.scope:
            found = self._of_instance(resource.block, argument)
        if found is not None:
            return found
        given = [one.values.get(argument) for one in self.instances(resource)]
        return frozenset(filter(None, given)) if given and all(one is not None for one in given) else None

    def _of_instance(self, block: Declared, argument: str) -> Values:
        """What `aws_s3_bucket.clinic["north"].id` is."""
        text = next((one.text for one in block.attributes if one.name == argument), "")
        named = _ONE_OF.fullmatch(text)
        relative = self._addresses.get(named[1]) if named else None
        if named is None or relative is None:
            return None
        mine = (one for one in self.instances(relative) if one.address == f"{named[1]}[{named[2]}]")
        return next((_exported(one, named[3], relative.type) for one in mine), None)

    def managed(self, block: Declared, import_id: str) -> Managed | None:
        """Where the object of `block` is managed already. `import_id` is "" for what does not exist yet."""
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
            return _alone(found)
        inside = self._inline(mine)
        if inside is not None:
            return inside
        part = self._part(mine, import_id)
        return Managed(part) if part else None

    def _in_state(self, resource: Resource) -> tuple[Instance, ...]:
        return tuple(self._stated.get((resource.scope, resource.address), ()))

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
                return self._any(self._variable(name), depth + 1)
            case ("local", name):
                local = self.scopes.root.local(name)
                return self.values(local[2] if local else None, None, depth + 1)
            case ("each", "key" | "value" as which) if block is not None:
                return self._each(block.value("for_each"), which, depth)
            case ("data", type, name, attribute):
                blocks = (b for _, b in self.blocks if b.type == "data" and b.labels == (type, name))
                data = next(blocks, None)
                said = arns.of_data(type, attribute, self._where) if data and not data.attributes else None
                return frozenset({said}) if said else self._attribute(data, type, attribute, depth)
            case (type, name, attribute):
                address = f"{type}.{name}"
                found = self._addresses.get(address) or self._own.get(address)
                known = self._attribute(found.block if found else None, type, attribute, depth)
                return known if known is not None or found is None else self._evaluated_name(found, attribute)
            case _:
                return None

    def _evaluated_name(self, resource: Resource, attribute: str) -> Values:
        """An attribute that is made of a name which only the evaluation can tell (of functions, say)."""
        if resource.many or resource.own:
            return None
        if attribute == "arn":
            return self._arn(resource.block, self._of(resource, arns.named_by(resource.type)))
        argument = ID_IS.get(resource.type, "") if attribute == "id" else attribute
        return self._of(resource, argument) if argument in IDENTIFYING.get(resource.type, ()) else None

    def _attribute(self, block: Declared | None, type: str, attribute: str, depth: int) -> Values:
        if block is None:
            return None
        if attribute == "id":
            if type in ID_IS:
                attribute = ID_IS[type]
            else:
                return self.imports.get(block.address)
        if attribute == "arn" and block.value(attribute) is None:
            return self._arn(block, self.values(block.value(arns.named_by(type)), block, depth + 1))
        return self.values(block.value(attribute), block, depth + 1)

    @property
    def _where(self) -> dict[str, str]:
        """The account, region and partition of the plan, as far as it has only one."""
        known = self.evaluation.known if self.evaluation else None
        return asdict(known) if known else {}

    def _arn(self, block: Declared, names: Values) -> Values:
        """The ARNs of things of those names, where the default provider makes them."""
        type = block.labels[0]
        if (arns.has_path(type) and block.value("path") not in (None, "/")) or (
            arns.has_account(type) and block.value("provider") is not None
        ):
            return None
        found = [arns.arn_of(type, name, self._where) for name in names or ()]
        known = [one for one in found if one is not None]
        return frozenset(known) if known and len(known) == len(found) else None

    def _variable(self, name: str) -> list[Expression]:
        """What the variable may be set to."""
        given = self.scopes.root.given.get(name)
        if given:
            return [attribute.value for _, attribute in given]
        declared = self.scopes.root.variable(name)
        return [declared[1].value("default")] if declared else []

    def _any(self, expressions: Sequence[Expression], depth: int) -> Values:
        found = [self.values(one, None, depth) for one in expressions]
        known = [one for one in found if one is not None]
        return frozenset().union(*known) if found and len(known) == len(found) else None

    def _each(self, items: Expression, which: str, depth: int) -> Values:
        if isinstance(items, Traversal) and len(items.parts) == 2 and items.parts[0] in {"var", "local"}:
            kind, name = items.parts
            local = self.scopes.root.local(name)
            several = self._variable(name) if kind == "var" else [local[2]] if local else []
            items = several[0] if len(several) == 1 else None
        if not isinstance(items, Items):
            return None
        return self._any(items.keys if items.keys and which == "key" else items.values, depth + 1)


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
    return next(iter(_exported(one, attribute, type) or ()), None)


def _exported(one: Instance, attribute: str, type: str) -> Values:
    """An attribute of an instance, as far as its arguments tell it."""
    found = one.values.get(attribute) or one.values.get(ID_IS.get(type, "") if attribute == "id" else "")
    return frozenset({found}) if found else None


def _alone(found: Sequence[Managed]) -> Managed:
    """The one that manages an object; where several may, none of them, and all are named."""
    if len(found) > 1:
        return Managed(" or ".join(one.where for one in found[:4]))
    (one,) = found
    if len(one.instances) > 1:
        several = " and ".join(each.address for each in one.instances[:4])
        return Managed(f"{one.where}, where {several} are the same object")
    return one
