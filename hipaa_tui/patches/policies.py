"""Adds statements to policies that stand in HCL: in `jsonencode({…})`, and in `data "aws_iam_policy_document"`.

What is there stays byte for byte. A statement that would have to change or go is left to a person: who reads a policy
reads it as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hipaa_tui.patches import hcl
from hipaa_tui.patches.hcl import Block
from hipaa_tui.patches.syntax import (
    Declared,
    Expression,
    Items,
    Template,
    Traversal,
    Unknown,
    expression_of,
    is_literal,
    tree,
)

if TYPE_CHECKING:
    from tree_sitter import Node

Means = Callable[[Expression], frozenset[str] | None]
_DOCUMENT: Final = {
    "sid": "Sid",
    "effect": "Effect",
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_BLOCKS: Final = {"principals": "Principal", "not_principals": "NotPrincipal"}
_LISTS: Final = frozenset({"Action", "NotAction", "Resource", "NotResource"})


class NotAddableError(Exception):
    """Why a policy cannot be brought to the wanted one by adding statements, as half a sentence."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the wanted policy: its source text, and what it means by keys."""

    text: str
    value: Expression

    @property
    def sid(self) -> str:
        found = _members(self.value).get("Sid")
        return found if isinstance(found, str) else "without a Sid"


def wanted_statements(text: str) -> list[Statement] | None:
    """The statements of a rendered `jsonencode({…})`; None where the text is no such policy."""
    root = tree(f"x = {text}\n".encode())
    found = _policy_list(next(_of_type(root, "function_call"), None))
    if found is None:
        return None
    return [Statement((one.text or b"").decode(), expression_of(one)) for one in _elements(found)]


# -- jsonencode


def added_to_jsonencode(node: Node, wanted: Sequence[Statement], means: Means) -> tuple[int, int, str] | None:
    """(start, end, text) of the edit that adds what is missing to the call of jsonencode at `node`; None where nothing is.

    NotAddableError where adding is not enough, or `node` is no jsonencode of a literal policy.
    """
    call = next(_of_type(node, "function_call"), None)
    found = _policy_list(call)
    if found is None:
        raise NotAddableError("its policy is no jsonencode of a literal list of statements")
    there = _elements(found)
    missing = missing_of([expression_of(one) for one in there], wanted, means)
    if not missing:
        return None
    if found.start_point[0] == found.end_point[0] or not there:
        raise NotAddableError("its statements stand on one line")
    last = there[-1]
    comma = next((one for one in found.children if one.type == "," and one.start_byte >= last.end_byte), None)
    indent = " " * _column_of(there[-1])
    texts = [_indented(one.text, indent) for one in missing]
    end = comma.end_byte if comma else last.end_byte
    joined = "".join(f"\n{indent}{text}," for text in texts)
    return (end, end, joined) if comma else (end, end, "," + joined.removesuffix(","))


def _policy_list(call: Node | None) -> Node | None:
    """The tuple of Statement in a call of jsonencode."""
    if call is None or (call.children[0].text or b"") != b"jsonencode":
        return None
    whole = next(_of_type(call, "object"), None)
    for element in whole.children if whole else ():
        if element.type != "object_elem":
            continue
        sides = [one for one in element.children if one.type == "expression"]
        if len(sides) == 2 and (sides[0].text or b"").decode().strip('"') == "Statement":
            value = sides[1].children[0] if sides[1].children else None
            inner = value.children[0] if value is not None and value.type == "collection_value" else None
            return inner if inner is not None and inner.type == "tuple" else None
    return None


def _elements(found: Node) -> list[Node]:
    return [one for one in found.children if one.type == "expression"]


def _of_type(node: Node, type: str) -> Iterator[Node]:
    """The outermost nodes of a type, in order."""
    if node.type == type:
        yield node
        return
    for child in node.children:
        yield from _of_type(child, type)


def _column_of(node: Node) -> int:
    return int(node.start_point[1])


def _indented(text: str, indent: str) -> str:
    """An object's text with its lines at another depth."""
    first, *rest = text.split("\n")
    common = min((len(one) - len(one.lstrip()) for one in rest if one.strip()), default=0)
    return "\n".join([first, *(f"{indent}{one[common:]}" if one.strip() else "" for one in rest)])


# -- data "aws_iam_policy_document"


def added_to_document(block: Declared, wanted: Sequence[Statement], means: Means) -> list[Block]:
    """The statement blocks that are missing in a policy document's block. NotAddableError."""
    odd = [one.name for one in block.attributes if one.name not in {"version", "policy_id"}]
    if odd or any(one.type != "statement" for one in block.blocks):
        raise NotAddableError(
            f"the document at line {block.line} is put together from more than its statements"
        )
    there = [_of_block(one) for one in block.blocks]
    return [_as_block(one) for one in missing_of(there, wanted, means)]


def _of_block(block: Declared) -> Expression:
    """A statement block as the object that it means."""
    members: dict[str, Expression] = {"Effect": "Allow"}
    for one in block.attributes:
        if one.name not in _DOCUMENT:
            return Unknown(one.text)
        members[_DOCUMENT[one.name]] = one.value
    conditions: dict[str, dict[str, Expression]] = {}
    for inner in block.blocks:
        if inner.type in _BLOCKS:
            kind, ids = inner.value("type"), inner.value("identifiers")
            if not isinstance(kind, str) or not isinstance(ids, Items) or _BLOCKS[inner.type] in members:
                return Unknown(inner.type)
            everybody = kind == "*" and ids.values == ("*",)
            members[_BLOCKS[inner.type]] = "*" if everybody else Items((ids,), (kind,))
        elif inner.type == "condition":
            test, variable = inner.value("test"), inner.value("variable")
            if not isinstance(test, str) or not isinstance(variable, str):
                return Unknown(inner.type)
            conditions.setdefault(test, {})[variable] = inner.value("values")
        else:
            return Unknown(inner.type)
    if conditions:
        tests = {test: Items(tuple(found.values()), tuple(found)) for test, found in conditions.items()}
        members["Condition"] = Items(tuple(tests.values()), tuple(tests))
    return Items(tuple(members.values()), tuple(members))


def _as_block(statement: Statement) -> Block:
    members = _members(statement.value)
    rows: list[tuple[str, str]] = []
    for name, key in _DOCUMENT.items():
        if key in members and not (key == "Effect" and members[key] == "Allow"):
            value = members[key]
            rows.append((name, _listed(value) if key in _LISTS else _text(value)))
    blocks = []
    for name, key in _BLOCKS.items():
        who = members.get(key)
        if who == "*":
            blocks.append(Block(name, (), (("type", '"*"'), ("identifiers", '["*"]'))))
        elif isinstance(who, Items):
            pairs = zip(who.keys, who.values, strict=True)
            blocks += [
                Block(name, (), (("type", _text(kind)), ("identifiers", _listed(ids)))) for kind, ids in pairs
            ]
        elif who is not None:
            raise NotAddableError(f"the principals of {statement.sid} cannot be said in a policy document")
    tests = members.get("Condition")
    for test, variables in zip(tests.keys, tests.values, strict=True) if isinstance(tests, Items) else ():
        if not isinstance(variables, Items):
            raise NotAddableError(f"the condition of {statement.sid} cannot be said in a policy document")
        for variable, values in zip(variables.keys, variables.values, strict=True):
            about = (("test", _text(test)), ("variable", _text(variable)), ("values", _listed(values)))
            blocks.append(Block("condition", (), about))
    return Block("statement", (), tuple(rows), tuple(blocks))


def _listed(value: Expression) -> str:
    items = value.values if isinstance(value, Items) and not value.keys else (value,)
    return "[" + ", ".join(map(_text, items)) + "]"


def _text(value: Expression) -> str:
    """An expression's source text again."""
    if isinstance(value, Traversal) and not value.indexed:
        return ".".join(value.parts)
    if isinstance(value, Template):
        return '"' + "".join(_inside(part) for part in value.parts) + '"'
    if isinstance(value, str):
        if "${" in value:
            # In a policy document IAM's own variables are written &{…}.
            return hcl.string(value.replace("${", "&{"))
        return hcl.string(value)
    if isinstance(value, bool | int | float):
        return hcl.expression(str(value).lower() if isinstance(value, bool) else value)
    raise NotAddableError("a value of the statement cannot be said in a policy document")


def _inside(part: Expression) -> str:
    return hcl.string(part)[1:-1] if isinstance(part, str) else f"${{{_text(part)}}}"


# -- comparing


def missing_of(there: Sequence[Expression], wanted: Sequence[Statement], means: Means) -> list[Statement]:
    """The wanted statements that none of those there is. NotAddableError where one of those there is none of them."""
    left = list(wanted)
    for one in there:
        same = next((each for each in left if _same(one, each.value, means, top=True)), None)
        if same is None:
            sid = _members(one).get("Sid")
            raise NotAddableError(
                f"its statement {sid if isinstance(sid, str) else 'without a Sid'} is not as the wanted policy has it"
            )
        left.remove(same)
    return left


def _members(value: Expression) -> dict[str, Expression]:
    if not isinstance(value, Items) or not value.keys:
        return {}
    return {str(key): one for key, one in zip(value.keys, value.values, strict=False)}


def _same(one: Expression, other: Expression, means: Means, *, top: bool = False) -> bool:
    one, other = _single(one), _single(other)
    if isinstance(one, Items) and isinstance(other, Items):
        if bool(one.keys) != bool(other.keys):
            return False
        if not one.keys:
            left = list(other.values)
            for value in one.values:
                found = next((each for each in left if _same(value, each, means)), None)
                if found is None:
                    return False
                left.remove(found)
            return not left
        mine, theirs = _members(one), _members(other)
        if top:
            mine, theirs = (
                {k: v for k, v in each.items() if (k, v) != ("Sid", "")} for each in (mine, theirs)
            )
        return mine.keys() == theirs.keys() and all(_same(mine[key], theirs[key], means) for key in mine)
    if isinstance(one, Items) or isinstance(other, Items):
        return False
    if type(one) is type(other) and one == other and not isinstance(one, Unknown):
        return True
    if isinstance(one, bool | int | float) or isinstance(other, bool | int | float):
        return is_literal(one) and is_literal(other) and str(one).lower() == str(other).lower()
    known = means(one)
    return known is not None and len(known) == 1 and known == means(other)


def _single(value: Expression) -> Expression:
    """IAM takes a list of one for its item."""
    if isinstance(value, Items) and not value.keys and len(value.values) == 1:
        return value.values[0]
    return value
