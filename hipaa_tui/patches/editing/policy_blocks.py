"""Edits a `data "aws_iam_policy_document"` to the wanted policy, statement block by statement block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hipaa_tui.patches.editing.arguments import merging_in
from hipaa_tui.patches.editing.block_diff import Writer
from hipaa_tui.patches.editing.edit_context import EditContext
from hipaa_tui.patches.editing.equivalence import Like
from hipaa_tui.patches.editing.policies import STATEMENT, called, match
from hipaa_tui.patches.language import hcl
from hipaa_tui.patches.language.edits import BOM, Edit, NotEditableError, edited
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.nodes import attributes_in, blocks_in, head_of, line_of, only_block, value_of
from hipaa_tui.patches.language.styles import Style
from hipaa_tui.patches.language.syntax import Items, tree
from hipaa_tui.patches.language.value_spans import Entry, Part, document_in, part_of, several
from hipaa_tui.support.json_value import Json

if TYPE_CHECKING:
    from tree_sitter import Node

TYPE: Final = "aws_iam_policy_document"
_VERSION: Final = "2012-10-17"
_FROM_OTHERS: Final = (
    "source_policy_documents",
    "override_policy_documents",
    "source_json",
    "override_json",
    "count",
    "for_each",
)
_MEMBERS: Final = {
    "sid": "Sid",
    "effect": "Effect",
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_ARGUMENTS: Final = {member: name for name, member in _MEMBERS.items()}
_PRINCIPALS: Final = {"Principal": "principals", "NotPrincipal": "not_principals"}


def set_policy(data: bytes, name: str, text: str, earlier: str, sight: EditContext) -> bytes:
    """The file with that data block saying what `jsonencode(…)` in `text` says. NotEditableError."""
    bom = BOM if data.startswith(BOM) else b""
    source = data.removeprefix(BOM)
    wanted, before = document_in(text), document_in(earlier)
    if wanted is None or wanted.get(STATEMENT) is None:
        raise NotEditableError("the wanted value is not a policy")
    out = edited(source, _Document(source, name, sight).edits(wanted, before))
    if tree(out).has_error or _Document(out, name, sight).edits(wanted, before):
        raise NotEditableError(f"data.{TYPE}.{name} has a shape that cannot be edited safely")
    return bom + out


class _Document:
    """One data block of a file."""

    def __init__(self, source: bytes, name: str, sight: EditContext) -> None:
        self.source = source
        self.block = only_block(tree(source), ("data", TYPE, name))
        self.writer = Writer(source, sight)
        self.merging = merging_in(source, Style(), sight, policy=True)
        self.given = attributes_in(self.block)
        for argument in _FROM_OTHERS:
            if argument in self.given:
                raise NotEditableError(
                    f"data.{TYPE}.{name} has {argument}: change the statement where it is defined",
                    line_of(self.given[argument]),
                )
        inner = blocks_in(self.block)
        dynamic = next((one for one in inner if head_of(one)[0] == "dynamic"), None)
        if dynamic is not None:
            raise NotEditableError(
                f"statements of data.{TYPE}.{name} are dynamic: change them there", line_of(dynamic)
            )
        self.nodes = [one for one in inner if head_of(one)[0] == "statement"]

    def edits(self, wanted: Part, earlier: Part | None) -> list[Edit]:
        edits, added = self._head(wanted)
        mine = [_Statement(self.source, node) for node in self.nodes]
        theirs = several(wanted.get(STATEMENT) or wanted)
        before = earlier.get(STATEMENT) if earlier else None
        olds = several(before) if before else ()
        parts = [one.part for one in mine]
        matched = match(self.merging, parts, theirs, olds)
        for at, to, was in matched.pairs:
            old = olds[was] if was >= 0 else None
            edits += self._changed(mine[at], theirs[to], old, called(parts[at], at))
        edits += [self.writer.without(self.nodes[at]) for at in matched.drop]
        fresh = [statement_block(self.merging.value(theirs[at])) for at in matched.add]
        if added or fresh:
            edits += self.writer.added(self.block, added, fresh)
        return edits

    def _head(self, wanted: Part) -> tuple[list[Edit], list[tuple[str, str]]]:
        """The arguments of the document itself."""
        edits: list[Edit] = []
        added: list[tuple[str, str]] = []
        for member, argument, absent in (("Version", "version", _VERSION), ("Id", "policy_id", None)):
            then = wanted.get(member)
            text = hcl.expression(self.merging.value(then)) if then is not None else None
            if argument in self.given and text is not None:
                edits += self.writer.arguments.set(self.given[argument], argument, text)
            elif text is not None and then is not None and then.value != absent:
                added.append((argument, text))
            elif argument in self.given and member == "Id":
                raise NotEditableError(
                    "policy_id is only in the file, not in the cloud", line_of(self.given[argument])
                )
        return edits, added

    def _changed(self, mine: _Statement, wanted: Part, earlier: Part | None, where: str) -> list[Edit]:
        """One statement, brought to the wanted one."""
        edits: list[Edit] = []
        added: list[tuple[str, str]] = []
        fresh: list[Block] = []
        for entry in wanted.entries or ():
            name = str(entry.key)
            now, before = mine.part.get(name), earlier.get(name) if earlier else None
            if self.merging.like.of(now, entry.value, name) is Like.YES:
                continue
            if name in _ARGUMENTS and _ARGUMENTS[name] in mine.given and now is not None:
                then = entry.value if name in {"Sid", "Effect"} else _listed(entry.value)
                edits += self.merging.bring(now, then, before, f"{_ARGUMENTS[name]} of {where}", name)
            elif name in _ARGUMENTS:
                added.append((_ARGUMENTS[name], hcl.expression(_list(name, self.merging.value(entry.value)))))
            else:
                more, new = self._nested(mine, name, entry.value, before, where)
                edits += more
                fresh += new
        for entry in mine.part.entries or ():
            name = str(entry.key)
            if wanted.get(name) is None and not (name == "Effect" and "effect" not in mine.given):
                edits += self._left(mine, name, entry.value, earlier, where)
        if added or fresh:
            edits += self.writer.added(mine.node, added, fresh)
        return edits

    def _left(self, mine: _Statement, name: str, now: Part, earlier: Part | None, where: str) -> list[Edit]:
        """A member that goes, where it is the one that the cloud has."""
        before = earlier.get(name) if earlier else None
        if before is None or self.merging.like.of(now, before, name) is not Like.YES:
            raise self.merging.refused(f"{name} of {where} is only in the file, not in the cloud", now)
        nodes = (
            [mine.given[_ARGUMENTS[name]]] if name in _ARGUMENTS else [node for _, node in mine.nested(name)]
        )
        return [self.writer.without(node) for node in nodes]

    def _nested(
        self, mine: _Statement, name: str, wanted: Part, earlier: Part | None, where: str
    ) -> tuple[list[Edit], list[Block]]:
        """Principals and conditions: each block has one list of values."""
        edits: list[Edit] = []
        there = mine.nested(name)
        meant = _values(name, wanted)
        before = _values(name, earlier) if earlier is not None else {}
        keys = [key for key, _ in there]
        if len(set(keys)) != len(keys):
            raise self.merging.refused(f"{name} of {where} is in several blocks: change it there", mine.part)
        for key, node in there:
            then = meant.pop(key, None)
            values = _value_list(self.source, node)
            if then is not None:
                edits += self.merging.bring(
                    values, _listed(then), before.get(key), f"{name} of {where}", key[0]
                )
            elif key in before and self.merging.like.of(values, before[key], key[0]) is Like.YES:
                edits.append(self.writer.without(node))
            else:
                raise self.merging.refused(f"{name} of {where} is only in the file, not in the cloud", values)
        return edits, [
            _nested_block(name, key, self.merging.value(_listed(one))) for key, one in meant.items()
        ]


@dataclass
class _Statement:
    """One statement block, also as the JSON that it makes."""

    source: bytes
    node: Node

    def __post_init__(self) -> None:
        self.given = attributes_in(self.node)
        dynamic = next((one for one in blocks_in(self.node) if head_of(one)[0] == "dynamic"), None)
        if dynamic is not None:
            raise NotEditableError("its statement has dynamic blocks: change it there", line_of(dynamic))
        entries = [
            self._entry(_MEMBERS[name], _unescaped(part_of(value_of(attribute), self.source)))
            for name, attribute in self.given.items()
            if name in _MEMBERS
        ]
        if "effect" not in self.given:
            entries.append(self._entry("Effect", self._made("Allow")))
        for name in (*_PRINCIPALS, "Condition"):
            found = self.nested(name)
            if found:
                entries.append(self._entry(name, self._of_blocks(name, found)))
        start, end = self.node.start_byte, self.node.end_byte
        self.part = Part(start, end, Items(()), "", entries=tuple(entries))

    def nested(self, member: str) -> list[tuple[tuple[str, ...], Node]]:
        """The blocks of principals or conditions with what says which they are."""
        type = _PRINCIPALS.get(member, "condition")
        names = ("type",) if member in _PRINCIPALS else ("test", "variable")
        found = []
        for node in blocks_in(self.node):
            if head_of(node)[0] == type:
                given = attributes_in(node)
                said = [
                    part_of(value_of(given[name]), self.source).value if name in given else None
                    for name in names
                ]
                if not all(isinstance(one, str) for one in said):
                    raise NotEditableError(
                        f"its {type} type is an expression: change it where that is defined", line_of(node)
                    )
                found.append((tuple(map(str, said)), node))
        return found

    def _of_blocks(self, member: str, found: Sequence[tuple[tuple[str, ...], Node]]) -> Part:
        if member in _PRINCIPALS:
            if [key for key, _ in found] == [("*",)]:
                return self._made("*")
            return self._object([self._entry(key[0], _value_list(self.source, node)) for key, node in found])
        tests: dict[str, list[Entry]] = {}
        for (test, variable), node in found:
            tests.setdefault(test, []).append(self._entry(variable, _value_list(self.source, node)))
        return self._object([self._entry(test, self._object(inner)) for test, inner in tests.items()])

    def _entry(self, key: str, part: Part) -> Entry:
        return Entry(key, part.start, part.start, part)

    def _made(self, value: str) -> Part:
        return Part(self.node.start_byte, self.node.start_byte, value)

    def _object(self, entries: list[Entry]) -> Part:
        return Part(self.node.start_byte, self.node.end_byte, Items(()), "", entries=tuple(entries))


def _value_list(source: bytes, node: Node) -> Part:
    given = attributes_in(node)
    name = "values" if "values" in given else "identifiers"
    if name not in given:
        raise NotEditableError(
            "its values are an expression: change them where that is defined", line_of(node)
        )
    return _unescaped(part_of(value_of(given[name]), source))


def _unescaped(part: Part) -> Part:
    """`&{…}` is how the data block writes `${…}`."""
    if part.items is not None:
        return Part(part.start, part.end, part.value, part.text, items=tuple(map(_unescaped, part.items)))
    if isinstance(part.value, str) and "&{" in part.value:
        return Part(part.start, part.end, part.value.replace("&{", "${"), part.text)
    return part


def _listed(part: Part) -> Part:
    if part.items is not None:
        return part
    return Part(part.start, part.end, Items((part.value,)), f"[{part.text}]", items=(part,))


def _list(member: str, value: Json) -> Json:
    return value if member in {"Sid", "Effect"} or isinstance(value, list) else [value]


def _values(member: str, part: Part) -> dict[tuple[str, ...], Part]:
    """The lists of values in a Principal or a Condition, by what says which they are."""
    if part.entries is None:
        return {("*",): part}
    if member in _PRINCIPALS:
        return {(str(one.key),): one.value for one in part.entries}
    return {
        (str(test.key), str(one.key)): one.value for test in part.entries for one in test.value.entries or ()
    }


def _nested_block(member: str, key: tuple[str, ...], values: Any) -> Block:
    if member in _PRINCIPALS:
        rows = (("type", hcl.string(key[0])), ("identifiers", hcl.expression(values)))
        return Block(_PRINCIPALS[member], (), rows)
    said = [value if isinstance(value, str) else hcl.expression(value) for value in values]
    rows_ = (("test", hcl.string(key[0])), ("variable", hcl.string(key[1])), ("values", hcl.expression(said)))
    return Block("condition", (), rows_)


def statement_block(statement: Any) -> Block:
    """A policy's statement as the block that makes it."""
    rows = [
        (argument, hcl.expression(_list(member, statement[member])))
        for argument, member in _MEMBERS.items()
        if statement.get(member) not in (None, "")
    ]
    blocks: list[Block] = []
    for member in _PRINCIPALS:
        found = statement.get(member)
        given = {"*": [found]} if isinstance(found, str) else found or {}
        blocks += [_nested_block(member, (type,), _list("", who)) for type, who in given.items()]
    for test, variables in (statement.get("Condition") or {}).items():
        blocks += [
            _nested_block("Condition", (test, name), _list("", values)) for name, values in variables.items()
        ]
    return Block("statement", (), tuple(rows), tuple(blocks))
