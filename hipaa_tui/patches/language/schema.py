"""Checks every rendered block against a shipped extract of the providers' schemas.

Checks argument names, required arguments and nesting without Terraform, but no values. The extract
(data/terraform_schema.json) has the types of aws and azurerm that matter for HIPAA, one a line.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from hipaa_tui.patches.language.hcl import Block

_META: Final = frozenset({"provider", "depends_on", "count", "for_each"})
_META_BLOCKS: Final = frozenset({"lifecycle", "timeouts"})


@cache
def _types() -> Mapping[str, Any]:
    text = (
        resources.files("hipaa_tui.patches.language")
        .joinpath("data/terraform_schema.json")
        .read_text("utf-8")
    )
    return dict(json.loads(text)["resources"])


def known_types() -> frozenset[str]:
    """The resource types that can be checked, so the only ones that may be rendered."""
    return frozenset(_types())


def attributes_of(type: str) -> frozenset[str]:
    """The arguments of a resource type; none of one that is not known."""
    return frozenset(_types().get(type, {}).get("attributes", ()))


def problems(block: Block) -> list[str]:
    """What is wrong with a resource block, in sentences; empty where nothing is."""
    if block.type != "resource" or len(block.labels) != 2:
        return [f"{block.type} with {len(block.labels)} labels is not a resource block"]
    schema = _types().get(block.labels[0])
    if schema is None:
        return [f"{block.labels[0]} is not a resource type that hipaa-tui renders"]
    return list(_body(block, schema, block.labels[0], _META, _META_BLOCKS))


def _body(
    block: Block, schema: Mapping[str, Any], where: str, extra: frozenset[str], extra_blocks: frozenset[str]
) -> Iterator[str]:
    attributes, nested = schema["attributes"], schema.get("blocks", {})
    names = [name for name, _ in block.attributes]
    for name in names:
        if name not in attributes and name not in extra:
            yield f"{where} has no argument {name}"
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{where} has {name} twice"
    for name, need in attributes.items():
        if need == "required" and name not in names:
            yield f"{where} lacks {name}"
    counts = Counter(inner.type for inner in block.blocks)
    for inner in block.blocks:
        if inner.type in nested:
            yield from _body(inner, nested[inner.type], f"{where}.{inner.type}", frozenset(), frozenset())
        elif inner.type not in extra_blocks:
            yield f"{where} has no block {inner.type}"
    for name, one in nested.items():
        if counts[name] < one.get("min", 0):
            yield f"{where} lacks a block {name}"
        if "max" in one and counts[name] > one["max"]:
            yield f"{where} has {counts[name]} blocks {name}"
