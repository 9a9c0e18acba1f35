"""Merges the changes wanted for the instances of one count or for_each block; they must agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hipaa_tui.patches.blocks.gathering import INSTANCE, changed, in_words_of_each, texts_of
from hipaa_tui.patches.code.folder import Resource
from hipaa_tui.patches.code.instances import Instance
from hipaa_tui.patches.editing.edit_context import Difference
from hipaa_tui.patches.language import hcl
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.syntax import Expression, Items, expression_in
from hipaa_tui.patches.language.value_spans import as_json, part_in
from hipaa_tui.support.json_value import Json

_AS_IT_IS = Difference()


@dataclass(frozen=True, slots=True)
class Want:
    """A part that one instance of a block wants; `shared` says that others may get the same."""

    instance: Instance
    part: Block
    shared: bool
    settled: Callable[[str], None]
    difference: Difference = _AS_IT_IS


def in_words_of_all(resource: Resource, wants: list[Want]) -> list[Want]:
    """The wants, which name their own instance of another block, in the words of a block with the same for_each."""
    items = next((one.text for one in resource.block.attributes if one.name == "for_each"), "")
    if not items or resource.scope:
        return wants
    return [_in_words_of_all(items, want) for want in wants]


def _in_words_of_all(items: str, want: Want) -> Want:
    named = {(found[1], found[2]) for text in texts_of(want.part) for found in INSTANCE.finditer(text)}
    if len(named) != 1:
        return want
    ((address, key),) = named
    if not want.instance.address.endswith(f"[{key}]"):
        return want
    each = "each.value" if items == address else f"{address}[each.key]"
    words = in_words_of_each(f"{address}[{key}]", want.instance.values.get("bucket", ""), each)
    return replace(
        want,
        part=changed(want.part, words),
        difference=want.difference.spoken(lambda block: changed(block, words)),
    )


def changed_keys(resource: Resource, wants: list[Want]) -> list[Want]:
    """The wants with maps as the changed keys alone: where other keys are each instance's own, the block says those."""
    names = {name for want in wants for name, _ in want.part.attributes}
    for name in names:
        texts = {(want.part.get(name), want.difference.earlier(name)) for want in wants}
        if len(texts) < 2 or resource.block.value(name) is None:
            continue
        narrowed = {found: _narrowed(*found) for found in texts}
        if None not in narrowed.values():
            wants = [
                replace(
                    want,
                    part=_with(want.part, name, new[1]),
                    difference=Difference(
                        want.difference.before and _with(want.difference.before, name, new[0]),
                        want.difference.after and _with(want.difference.after, name, new[1]),
                    ),
                )
                for want in wants
                if (new := narrowed[want.part.get(name), want.difference.earlier(name)])
            ]
    return wants


def _narrowed(text: str | None, earlier: str) -> tuple[str, str] | None:
    """(before, after) of a map with the changed keys alone; None for anything else."""
    before, after = (part_in(one) if one else None for one in (earlier, text))
    if before is None or after is None or before.entries is None or after.entries is None:
        return None
    if None in before.keys or None in after.keys:
        return None
    said: tuple[dict[str, Json], dict[str, Json]] = ({}, {})
    for key in dict.fromkeys(map(str, (*before.keys, *after.keys))):
        old, new = before.get(key), after.get(key)
        if old is not None and new is not None and old.text == new.text:
            continue
        for rows, one in zip(said, (old, new), strict=True):
            if one is not None:
                rows[key] = as_json(one)
    return hcl.expression(said[0]), hcl.expression(said[1])


def _with(block: Block, name: str, text: str) -> Block:
    rows = ((key, text if key == name else value) for key, value in block.attributes)
    return replace(block, attributes=tuple(rows))


def meaning(part: Block) -> str:
    """The part with the keys of its maps in one order."""

    def plain(value: Expression) -> object:
        if isinstance(value, Items) and value.keys:
            pairs = zip(value.keys, value.values, strict=False)
            return sorted((repr(key), repr(plain(one))) for key, one in pairs)
        return [plain(one) for one in value.values] if isinstance(value, Items) else value

    attributes = sorted((name, repr(plain(expression_in(text)))) for name, text in part.attributes)
    return repr((part.type, attributes, [meaning(one) for one in part.blocks]))
