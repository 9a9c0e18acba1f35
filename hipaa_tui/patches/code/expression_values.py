"""Evaluates expressions to the strings that they can be, as far as possible without Terraform."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from itertools import product

from hipaa_tui.patches.code import arns
from hipaa_tui.patches.code.index import Standing, exported
from hipaa_tui.patches.code.resource_identity import ID_IS, IDENTIFYING
from hipaa_tui.patches.code.resources import Resource, Values
from hipaa_tui.patches.language.syntax import Declared, Expression, Items, Template, Traversal

_MOST = 200
_ONE_OF = re.compile(r'((?:aws|azurerm)_\w+\.[\w-]+)\[("(?:[^"\\]|\\.)*")\]\.(\w+)')


class Meanings(Standing):
    """The configuration with the meanings of its names: literals, variables with their defaults, locals, other
    blocks, each.key. What cannot be told is None.
    """

    @cached_property
    def imports(self) -> dict[str, Values]:
        """address → the id by which an import block takes it over."""
        found: dict[str, Values] = {}
        for _, block in self.blocks:
            to = block.value("to")
            if block.type == "import" and isinstance(to, Traversal) and not to.indexed:
                found[".".join(to.parts)] = self.values(block.value("id"))
        return found

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
        return next((exported(one, named[3], relative.type) for one in mine), None)

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

    @staticmethod
    def _meet(one: Values, other: Values) -> bool:
        return one is not None and other is not None and bool(one & other)
