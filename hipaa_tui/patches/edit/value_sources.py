"""Finds where the value of a variable or local is set, and edits it there.

A reviewer expects the value where the repository defines it: in the .tfvars file, the variable's default, the local or
the module call. Other readers of the same variable get the new value, too, so they are reported first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from hipaa_tui.patches.code.folder import Folder
from hipaa_tui.patches.code.scopes import Call, Scope
from hipaa_tui.patches.edit.external_documents import ReadFile, data_block, json_file
from hipaa_tui.patches.editing.apply import NotEditableError, lay_over, set_value
from hipaa_tui.patches.editing.edit_context import Asked, EditContext
from hipaa_tui.patches.editing.equivalence import Means, nothing
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.syntax import (
    Declared,
    Expression,
    Items,
    Traversal,
    Unknown,
    expression_in,
    is_literal,
)
from hipaa_tui.patches.language.value_spans import document_in

_MOST_STEPS: Final = 12
Edit = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Setting:
    """One edit somewhere else: the file, what is done to it, and in words where ("var.days, terraform.tfvars:3").

    `calls` lead to the module call that the edit stands in: what is below it gets the value; none for the root's own.
    `others` also read it. `scope` is the module's folder where the edit stands in its own code: whoever calls it
    gets the value too. `silent`: by itself it changes nothing for anybody.
    """

    file: str
    edit: Edit
    where: str
    calls: tuple[Call, ...] = ()
    others: tuple[str, ...] = ()
    scope: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """An argument: its file, the block that it stands in (see `set_value`), its name; the line is only to be shown."""

    file: str
    head: tuple[str, ...]
    name: str
    line: int


@dataclass
class Following:
    """Follows the values of one block, for the module path that `chain` is.

    `level` counts the modules between the root module and where the value is looked for; `_others` are those that
    get the new value too, by the way so far.
    """

    folder: Folder
    chain: Sequence[Call]
    address: str
    settings: list[Setting] = field(default_factory=list)
    read: ReadFile = nothing
    _others: list[str] = field(default_factory=list)
    _steps: int = 0
    _earlier: str = ""

    def follow(self, value: Expression, name: str, text: str, earlier: str = "") -> None:
        """Have the wanted text set where `value` comes from. NotEditableError where a person has to.

        `earlier` is what the cloud has, in the same words; "" where that is not known.
        """
        self._others, self._steps, self._earlier = [], 0, earlier
        self._set(value, name, text, level=len(self.chain), user=self.address)

    def _scope(self, level: int) -> Scope:
        if level == 0:
            return self.folder.scopes.root
        return self.folder.scopes.by_folder[self.chain[level - 1].folder or ""]

    def _set(self, value: Expression, name: str, text: str, *, level: int, user: str) -> None:
        self._steps += 1
        if document_in(text) is not None and self._document(value, text, level, user):
            return
        parts = value.parts if isinstance(value, Traversal) and not value.indexed else ()
        if len(parts) != 2 or parts[0] not in {"var", "local"} or self._steps > _MOST_STEPS:
            raise NotEditableError(f"{name} is {_shown(value)}: change it where that is defined")
        self._others += _users(self._scope(level), ".".join(parts), user)
        if parts[0] == "local":
            self._local(parts[1], text, level)
        elif level == 0:
            self._variable(parts[1], text)
        else:
            self._argument(parts[1], text, level)

    def _document(self, value: Expression, text: str, level: int, user: str) -> bool:
        """Have a document set where it is written; False where the value is a variable or a local."""
        scope, sight = self._scope(level), self._sight(level)
        asked = Asked("", text, self._earlier)
        found = data_block(value, scope, asked, sight) or json_file(value, scope, asked, sight, self.read)
        if found is None:
            return False
        self._others += _users(scope, found.uses, user)
        others, calls = tuple(dict.fromkeys(self._others)), tuple(self.chain[:level])
        self.settings.append(Setting(found.file, found.edit, found.where, calls, others, scope.folder))
        return True

    def _sight(self, level: int) -> EditContext:
        """In a module a name of the root module means nothing, and what its own mean hangs on who calls it."""
        root: Means = self.folder.values
        return EditContext(root, root, self.literal) if level == 0 else EditContext(nothing, root, apart=True)

    def literal(self, value: Expression) -> Expression | None:
        """The list, map or other literal that a variable or a local of the block's module is."""
        level = len(self.chain)
        for _ in range(_MOST_STEPS):
            if isinstance(value, Items) or is_literal(value):
                return value
            if not isinstance(value, Traversal) or value.indexed or len(value.parts) != 2:
                return None
            kind, name = value.parts
            if kind == "local":
                found = self._scope(level).local(name)
                value = found[2] if found else Unknown(name)
            elif kind == "var":
                value, level = self._given(name, level)
            else:
                return None
        return None

    def _given(self, name: str, level: int) -> tuple[Expression, int]:
        """What a variable is, and the level of the names in that."""
        scope = self._scope(level)
        declared = scope.variable(name)
        default = declared[1].value("default") if declared else Unknown(name)
        if level == 0:
            given = scope.given.get(name, [])
            return (given[0][1].value if len(given) == 1 else Unknown(name) if given else default), 0
        call = self.chain[level - 1].block
        set_there = any(one.name == name for one in call.attributes)
        return (call.value(name), level - 1) if set_there else (default, level)

    def _local(self, local: str, text: str, level: int) -> None:
        found = self._scope(level).local(local)
        if found is None:
            raise NotEditableError(f"local.{local} is not declared in the commit")
        file, block, value = found
        if is_literal(value) or _is_encoded(value):
            if not _is_encoded(value):
                self._literal_below_root(text, level)
            place = Place(file, ("locals",), local, block.line)
            self._take(place, text, f"local.{local}", level, self._sight(level))
        else:
            self._set(value, f"local.{local}", text, level=level, user=f"local.{local}")

    def _variable(self, variable: str, text: str) -> None:
        """A variable of the root module: its .tfvars file, else its default."""
        scope = self.folder.scopes.root
        if not is_literal(expression_in(text)):
            raise NotEditableError(
                f"var.{variable} can only be set to a literal, which {text[:60]} is not: set the argument by hand"
            )
        given = scope.given.get(variable, [])
        if len(given) > 1:
            files = ", ".join(file for file, _ in given)
            raise NotEditableError(
                f"var.{variable} is set in {files}: select the file of this account with --var-file"
            )
        declared = scope.variable(variable)
        if given:
            file, attribute = given[0]
            place = Place(file, (), variable, attribute.line)
            self._take(place, text, f"var.{variable}", 0, self._sight(0))
        elif declared is not None and any(one.name == "default" for one in declared[1].attributes):
            place = Place(declared[0], ("variable", variable), "default", declared[1].line)
            self._take(place, text, f"var.{variable}", 0, self._sight(0))
        else:
            raise NotEditableError(
                f"var.{variable} is set outside of the repository (TF_VAR_{variable}, -var or the workspace): "
                "change it there"
            )

    def _argument(self, variable: str, text: str, level: int) -> None:
        """A variable of a module: the argument of its call, which is added where the default counts so far."""
        call = self.chain[level - 1]
        if self._scope(level).variable(variable) is None:
            raise NotEditableError(f"var.{variable} is not declared in {call.folder}")
        found = next((one for one in call.block.attributes if one.name == variable), None)
        calls = tuple(self.chain[:level])
        if found is not None and self._is_shared_map(found.value, text, level - 1):
            place = Place(call.file, ("module", call.name), variable, found.line)
            self._take(place, text, f"module.{call.name}", level, self._sight(level - 1))
            return
        if found is not None and not is_literal(found.value) and not _is_encoded(found.value):
            self._set(found.value, variable, text, level=level - 1, user=f"module.{call.name}.{variable}")
            return
        self._literal_below_root(text, level - 1)
        if found is not None:
            place = Place(call.file, ("module", call.name), variable, found.line)
            self._take(place, text, f"module.{call.name}", level, self._sight(level - 1))
            return
        part = Block("module", (call.name,), ((variable, text),))
        where = f"{variable} of module.{call.name}, {call.file}:{call.block.line}"

        def add(data: bytes) -> bytes:
            return lay_over(data, (call.name,), part, kind="module")

        self.settings.append(Setting(call.file, add, where, calls, tuple(dict.fromkeys(self._others))))

    def _is_shared_map(self, value: Expression, text: str, level: int) -> bool:
        """Is it a map that is merged with what the call has to say more: a local, the root module's variable, `merge`?"""
        wanted = expression_in(text)
        if not isinstance(wanted, Items) or not wanted.keys or not self._earlier:
            return False
        if isinstance(value, Unknown):
            return value.text.startswith("merge(")
        if not isinstance(value, Traversal) or value.indexed or len(value.parts) != 2:
            return False
        return value.parts[0] == "local" or (value.parts[0] == "var" and level == 0)

    def _literal_below_root(self, text: str, level: int) -> None:
        """What the root module declares has no name in another module."""
        document = document_in(text)
        said = document.plain if document is not None else is_literal(expression_in(text))
        if level > 0 and not said:
            raise NotEditableError(
                f"{text[:60]} belongs to the root module: pass it to the module by a variable"
            )

    def _take(self, place: Place, text: str, what: str, level: int, sight: EditContext) -> None:
        earlier = self._earlier

        def edit(data: bytes) -> bytes:
            theirs = sight.theirs if sight.apart else None
            return set_value(data, place.head, place.name, text, sight.means, earlier=earlier, theirs=theirs)

        where = f"{what}, {place.file}:{place.line}"
        others = tuple(dict.fromkeys(self._others))
        own = self._scope(level).folder if level and place.head == ("locals",) else ""
        self.settings.append(Setting(place.file, edit, where, tuple(self.chain[:level]), others, own))


def _users(scope: Scope, name: str, but: str) -> Iterator[str]:
    """Who in the folder reads `var.x` or `local.x`, besides the one use that is known."""
    pattern = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
    uses = Counter[str]()
    for _, block in scope.blocks:
        for who, text in _texts(block):
            uses[who] += len(pattern.findall(text))
    yield from (who for who, count in uses.items() if count > (who == but))


def _texts(block: Declared) -> Iterator[tuple[str, str]]:
    """(who, an expression of it), for every argument in the block."""
    match block.type:
        case "locals":
            for one in block.attributes:
                yield f"local.{one.name}", one.text
        case "module":
            for one in block.attributes:
                yield f"module.{block.address}.{one.name}", one.text
        case _:
            who = block.address if block.type == "resource" else f"{block.type}.{block.address}".rstrip(".")
            for text in _inside(block):
                yield who, text


def _inside(block: Declared) -> Iterator[str]:
    for one in block.attributes:
        yield one.text
    for inner in block.blocks:
        yield from _inside(inner)


def _is_encoded(value: Expression) -> bool:
    """Is it a document that is written here?"""
    return isinstance(value, Unknown) and (value.text.startswith("<<") or document_in(value.text) is not None)


def _shown(value: Expression) -> str:
    if isinstance(value, Traversal):
        return ".".join(value.parts) + ("[…]" if value.indexed else "")
    return " ".join(value.text.split())[:80] if isinstance(value, Unknown) else "composed of several parts"
