"""Passes a value of the root module to a block in a module: by a variable in each module on the way.

Other callers of such a module do not set the new variable, so they keep the block's present value: its default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hipaa_tui.patches.code.folder import Resource
from hipaa_tui.patches.code.scopes import Call, Scopes
from hipaa_tui.patches.edit.value_sources import Setting
from hipaa_tui.patches.editing.apply import NotEditableError, lay_over
from hipaa_tui.patches.editing.edit_context import Difference
from hipaa_tui.patches.language import hcl
from hipaa_tui.patches.language.edits import encoded, newline_of
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.syntax import Declared, Template, Traversal, expression_in, is_literal, parse
from hipaa_tui.patches.language.value_spans import document_in

_MEANT_FOR_CALLS: Final = frozenset(
    {"source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"}
)
"""No variable of a module may be called that.

https://developer.hashicorp.com/terraform/language/values/variables#declaring-an-input-variable
"""


@dataclass(frozen=True, slots=True)
class Handed:
    """The part with references to the module's variables, and the edits for these.

    `kept`: for those who call the module otherwise nothing changes.
    """

    part: Block
    difference: Difference
    names: frozenset[str]
    settings: tuple[Setting, ...]
    kept: bool


@dataclass
class Handing:
    """The variables that a patch adds to modules, one per argument."""

    scopes: Scopes
    _names: dict[tuple[str, int, str], str] = field(default_factory=dict)

    def has(self, resource: Resource) -> bool:
        """Has a value been passed to that block already?"""
        return any(key[:2] == (resource.file, resource.block.line) for key in self._names)

    def down(self, resource: Resource, part: Block, difference: Difference, chain: Sequence[Call]) -> Handed:
        """NotEditableError where a person has to."""
        if resource.file.endswith(".json"):
            raise NotEditableError("values of the root module cannot be passed to .tf.json files")
        found = dict(_from_root(part, resource.block))
        names = {path: self._name(resource, path, chain) for path in found}
        settings = [
            one
            for path, text in found.items()
            for one in self._settings(resource, names[path], text, _said(resource.block, path), chain)
        ]
        after = difference.after and _worded(difference.after, names)
        return Handed(
            _worded(part, names),
            Difference(difference.before, after),
            frozenset(names.values()),
            tuple(settings),
            kept=not (difference.taken or difference.left) and _kept(part, resource.block, names),
        )

    def _name(self, resource: Resource, path: str, chain: Sequence[Call]) -> str:
        mine = (resource.file, resource.block.line, path)
        if mine in self._names:
            return self._names[mine]
        argument = path.rpartition(".")[2]
        longer = f"{resource.type.partition('_')[2]}_{argument}"
        folders = [self.scopes.by_folder[call.folder] for call in chain if call.folder is not None]
        used = {name for (file, _, _), name in self._names.items() if _folder(file) == _folder(resource.file)}
        for name in (argument, longer, *(f"{longer}_{number}" for number in range(2, 100))):
            taken = name in used or name in _MEANT_FOR_CALLS
            if not taken and all(scope.variable(name) is None for scope in folders):
                self._names[mine] = name
                return name
        raise NotEditableError(f"there is no free name for a variable {argument}")

    def _settings(
        self, resource: Resource, name: str, text: str, before: str, chain: Sequence[Call]
    ) -> Iterator[Setting]:
        """The variable and the argument of the call, from the block's module up to the root module."""
        what = f"The {name.removeprefix(resource.type.partition('_')[2] + '_')} of {resource.address}"
        for level in range(len(chain), 0, -1):
            call = chain[level - 1]
            yield self._declared(call, name, before, what)
            value = text if level == 1 else f"var.{name}"
            yield _given(call, name, value, tuple(chain[:level]))

    def _declared(self, call: Call, name: str, default: str, what: str) -> Setting:
        scope = self.scopes.by_folder[call.folder or ""]
        files = [file for file, block in scope.blocks if block.type == "variable" and file.endswith(".tf")]
        files = files or [file for file, _ in scope.blocks if file.endswith(".tf")]
        if not files:
            raise NotEditableError(f"{call.folder} has no file for a variable {name}")
        file = max(dict.fromkeys(files), key=files.count)
        rows = (("description", hcl.string(what)), ("type", "string"), ("default", default))
        block = hcl.written(Block("variable", (name,), rows))

        def add(data: bytes) -> bytes:
            if any(one.type == "variable" and one.labels == (name,) for one in parse(data.decode()).blocks):
                return data
            newline = newline_of(data)
            gap = "\n" if data.endswith(b"\n") else "\n\n"
            return data + encoded(gap + block, newline)

        return Setting(file, add, f"var.{name}, {file}", silent=True)


def _given(call: Call, name: str, text: str, calls: tuple[Call, ...]) -> Setting:
    part = Block("module", (call.name,), ((name, text),))

    def give(data: bytes) -> bytes:
        return lay_over(data, (call.name,), part, kind="module")

    return Setting(call.file, give, f"{name} of module.{call.name}, {call.file}:{call.block.line}", calls)


def _from_root(part: Block, there: Declared | None, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, text) of the arguments that refer to the root module, and are not set by a reference already."""
    for name, text in part.attributes:
        value = expression_in(text)
        if document_in(text) is not None or is_literal(value):
            continue
        now = there.value(name) if there else None
        if isinstance(now, Traversal):
            continue
        if not isinstance(value, Traversal | Template):
            raise NotEditableError(
                f"{name} = {text[:80]} belongs to the root module: pass it to the module by a variable"
            )
        yield path + name, text
    for inner in part.blocks:
        same = list(there.inner(inner.type)) if there else []
        alone = sum(one.type == inner.type for one in part.blocks) == 1 and len(same) <= 1
        if not alone and any(_from_root(inner, None)):
            raise NotEditableError(
                f"its blocks {inner.type} refer to the root module: pass those values by variables"
            )
        yield from _from_root(inner, same[0] if same else None, f"{path}{inner.type}.")


def _worded(block: Block, names: Mapping[str, str], path: str = "") -> Block:
    """The block with the variables in the place of what they hand down."""
    rows = tuple(
        (name, f"var.{names[path + name]}" if path + name in names else text)
        for name, text in block.attributes
    )
    inner = tuple(_worded(one, names, f"{path}{one.type}.") for one in block.blocks)
    return replace(block, attributes=rows, blocks=inner)


def _said(there: Declared | None, path: str) -> str:
    """What the argument says so far, as the variable's default."""
    head, _, rest = path.partition(".")
    if there is None:
        return "null"
    if rest:
        return _said(next(there.inner(head), None), rest)
    return next((one.text for one in there.attributes if one.name == head and is_literal(one.value)), "null")


def _kept(part: Block, there: Declared, names: Mapping[str, str], path: str = "") -> bool:
    """Does the block say by its variables' defaults what it says so far?"""
    if any(path + name not in names for name, _ in part.attributes):
        return False
    for one in part.blocks:
        same = list(there.inner(one.type))
        if len(same) != 1 or not _kept(one, same[0], names, f"{path}{one.type}."):
            return False
    return True


def _folder(file: str) -> str:
    return file.rpartition("/")[0]
