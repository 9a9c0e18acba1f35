"""The interface of this package: edits a block by bytes, without changing anything else in the file.

A literal value is replaced; a reference is reported, since it is changed where it is defined. New arguments and blocks
are appended in `terraform fmt`'s form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hipaa_tui.patches.editing import json_files
from hipaa_tui.patches.editing.arguments import Arguments
from hipaa_tui.patches.editing.block_diff import Writer
from hipaa_tui.patches.editing.edit_context import Asked, Difference, EditContext, Follow
from hipaa_tui.patches.editing.equivalence import Literal, Means, nothing
from hipaa_tui.patches.language.edits import BOM, NotEditableError, edited
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.nodes import blocks_in, head_of, inside, name_of, only_block
from hipaa_tui.patches.language.syntax import Expression, tree

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["BOM", "Difference", "Follow", "Means", "NotEditableError", "lay_over", "set_value"]

_AS_IT_IS = Difference()


def lay_over(
    data: bytes,
    labels: Sequence[str],
    wanted: Block,
    means: Means = nothing,
    *,
    follow: Follow | None = None,
    kind: str = "resource",
    difference: Difference = _AS_IT_IS,
    theirs: Means | None = None,
    literal: Literal = nothing,
    handed: frozenset[str] = frozenset(),
) -> bytes:
    """The file with the block of these labels (a resource's type and name) brought to what `wanted` says of it.

    Arguments and nested blocks that `wanted` does not name stay as they are. The same bytes come back where all
    is as wanted. `difference` is what it is about as a whole; `follow` takes over what is set elsewhere, `literal` says
    what a variable is. `theirs` says what a reference in `wanted` is where its name means nothing (in a module); `handed` are variables that it has there.
    NotEditableError where that cannot be done without a person. A .tf.json file is known by its first sign.
    """
    bom = BOM if data.startswith(BOM) else b""
    source = data.removeprefix(BOM)
    head = (kind, *labels)
    sight = EditContext(means, theirs or means, literal, follow, apart=theirs is not None, handed=handed)
    again = replace(sight, follow=_set_elsewhere if follow else None)
    if json_files.is_json(source):
        out = edited(source, json_files.over(source, head, wanted, sight, difference))
        if json_files.over(out, head, wanted, again, difference):
            raise NotEditableError("the block has a shape that cannot be edited safely")
        return bom + out
    out = edited(source, Writer(source, sight).over(only_block(tree(source), head), wanted, difference))
    # Edited, it is HCL still, and its block says what was wanted; else it is not to be committed.
    root = tree(out)
    if root.has_error or Writer(out, again).over(only_block(root, head), wanted, difference):
        raise NotEditableError("the block has a shape that cannot be edited safely")
    return bom + out


def set_value(
    data: bytes,
    head: Sequence[str],
    name: str,
    text: str,
    means: Means = nothing,
    *,
    earlier: str = "",
    theirs: Means | None = None,
) -> bytes:
    """The file with an argument of the block of that head set to `text`; a literal takes the place of a literal.

    A head is ("variable", "days"), ("locals",), or () for the arguments of a .tfvars file. NotEditableError where
    the argument is no literal, or not one such argument stands there.
    """
    bom = BOM if data.startswith(BOM) else b""
    source = data.removeprefix(BOM)
    sight = EditContext(means, theirs or means, apart=theirs is not None)
    asked = Asked(name, text, earlier)
    if json_files.is_json(source):
        out = edited(source, json_files.set_value(source, head, asked, sight))
        again = json_files.set_value(out, head, asked, sight)
    else:
        out = edited(
            source, Arguments(source, sight).set(_argument(tree(source), head, name), name, text, earlier)
        )
        again = Arguments(out, sight).set(_argument(tree(out), head, name), name, text, earlier)
    if again:
        raise NotEditableError(f"{name} has a shape that cannot be edited safely")
    return bom + out


def _argument(root: Node, head: Sequence[str], name: str) -> Node:
    if root.has_error:
        raise NotEditableError("the file is not valid HCL")
    bodies = (
        [inside(one) for one in blocks_in(root) if head_of(one) == tuple(head)] if head else [inside(root)]
    )
    found = [one for body in bodies for one in body if one.type == "attribute" and name_of(one) == name]
    if len(found) != 1:
        raise NotEditableError(f"{name} is set {len(found)} times in {' '.join(head) or 'the file'}")
    return found[0]


def _set_elsewhere(_value: Expression, _name: str, _text: str, _earlier: str) -> None:
    """Looking again: what is set elsewhere was seen to."""
