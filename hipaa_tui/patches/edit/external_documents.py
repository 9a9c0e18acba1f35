"""Edits documents that an argument refers to: a policy data block, or a JSON file of the repository."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from hipaa_tui.patches.code.scopes import Scope
from hipaa_tui.patches.editing.arguments import JSON_FILE, document_edits
from hipaa_tui.patches.editing.edit_context import Asked, EditContext
from hipaa_tui.patches.editing.policy_blocks import TYPE, set_policy
from hipaa_tui.patches.language.edits import BOM, NotEditableError, edited
from hipaa_tui.patches.language.json_parts import Hole, Text, heredoc_of, holes_in
from hipaa_tui.patches.language.styles import Style
from hipaa_tui.patches.language.syntax import Expression, Template, Traversal, Unknown
from hipaa_tui.patches.language.value_spans import Part, call_in, document_in, expression_node, part_of

ReadFile = Callable[[str], str | None]
"""The text of a file of the repository, named from the root folder on; None where there is no such file."""
_TEMPLATE: Final = Style(json=True, templated=True, references=False, sign=": ", quoted=True)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a document is written: the file, how it is edited, and in words; `uses` is how others name it."""

    file: str
    edit: Callable[[bytes], bytes]
    where: str
    uses: str


def data_block(value: Expression, scope: Scope, asked: Asked, sight: EditContext) -> Found | None:
    """The data block whose JSON the expression is; None where it is something else. NotEditableError."""
    parts = value.parts if isinstance(value, Traversal) and not value.indexed else ()
    if parts[:2] != ("data", TYPE) or len(parts) != 4 or parts[3] not in {"json", "minified_json"}:
        return None
    name = parts[2]
    for file, block in scope.blocks:
        if block.type == "data" and block.labels == (TYPE, name):
            if file.endswith(".json"):
                raise NotEditableError(f"data.{TYPE}.{name} is defined in {file}: change it there")

            def edit(data: bytes) -> bytes:
                return set_policy(data, name, asked.text, asked.earlier, sight)

            where = f"data.{TYPE}.{name}, {file}:{block.line}"
            return Found(file, edit, where, f"data.{TYPE}.{name}.json")
    raise NotEditableError(f"data.{TYPE}.{name} is not declared in the commit")


def json_file(
    value: Expression, scope: Scope, asked: Asked, sight: EditContext, read: ReadFile
) -> Found | None:
    """The JSON file that `file(…)` or `templatefile(…)` reads; None where the expression is something else."""
    call = _call(value)
    if call is None:
        return None
    function, path, variables = call
    name = _path(path, scope.folder)
    if name is None:
        raise NotEditableError(
            f"the path of the file that {function}(…) reads is known only to Terraform: change that file by hand"
        )
    content = read(name)
    if content is None:
        raise NotEditableError(f"{name}, which {function}(…) reads, is not in the commit")
    wanted, before = document_in(asked.text), document_in(asked.earlier)
    if wanted is None:
        raise NotEditableError(f"the wanted value is not a document for {name}")
    # Neither file can name a resource; a template's own names stand for what it is given.
    within = EditContext(_given(variables, sight), sight.theirs, apart=True)

    def edit(data: bytes) -> bytes:
        bom = BOM if data.startswith(BOM) else b""
        source = data.removeprefix(BOM)
        out = edited(
            source, document_edits(source, _document(source, name, function), wanted, before, within)
        )
        if document_edits(out, _document(out, name, function), wanted, before, within):
            raise NotEditableError(f"{name} has a shape that cannot be edited safely")
        return bom + out

    return Found(name, edit, name, posixpath.basename(name))


def _call(value: Expression) -> tuple[str, Expression, Part | None] | None:
    if not isinstance(value, Unknown):
        return None
    source = f"x = {value.text}\n".encode()
    node = expression_node(source)
    for function in ("file", "templatefile"):
        inner = call_in(node, function) if node is not None else None
        if inner:
            parts = [part_of(one, source) for one in inner]
            return function, parts[0].value, parts[1] if len(parts) > 1 else None
    return None


def _path(path: Expression, folder: str) -> str | None:
    """The file's name from the root folder on."""
    if isinstance(path, str):
        return None if path.startswith("/") else posixpath.normpath(path)
    if isinstance(path, Template) and len(path.parts) == 2:
        where, rest = path.parts
        base = {("path", "module"): folder, ("path", "root"): "", ("path", "cwd"): ""}
        if isinstance(where, Traversal) and where.parts in base and isinstance(rest, str):
            return posixpath.normpath(posixpath.join(base[where.parts], rest.lstrip("/")))
    return None


def _given(variables: Part | None, sight: EditContext) -> Callable[[Expression], frozenset[str] | None]:
    def means(value: Expression) -> frozenset[str] | None:
        if variables is None or not isinstance(value, Traversal) or len(value.parts) != 1:
            return None
        found = variables.get(value.parts[0])
        return sight.means(found.value) if found is not None else None

    return means


def _document(source: bytes, name: str, function: str) -> tuple[Part, Style]:
    try:
        if function == "file":
            return Text(source, 0, len(source)).part(), JSON_FILE
        holes = list(_holes(source))
        return Text(source, 0, len(source), holes, templated=True).part(), _TEMPLATE
    except NotEditableError as error:
        raise NotEditableError(f"{name}, line {error.line}: {error}") from None


def _holes(source: bytes) -> Iterator[Hole]:
    """The interpolations of a template file, by their places in it."""
    head, mark = b"x = <<HIPAA_TUI\n", b"\nHIPAA_TUI\n"
    node = expression_node(head + source + mark)
    heredoc = heredoc_of(node) if node is not None else None
    if heredoc is None or re.search(rb"^\s*HIPAA_TUI", source, re.MULTILINE):
        raise NotEditableError("the template cannot be parsed", 1)
    try:
        found = holes_in(heredoc)
    except NotEditableError as error:
        raise NotEditableError(str(error), error.line - 1) from None
    for start, end, value in found:
        yield start - len(head), end - len(head), value
