"""Knows what each resource type asks for and fills in, from a hand-checked table of facts (types.json).

The table writes a property as a short phrase, so that it can be read and checked by a person:

    "properties.priority": "integer required 100..4096"
    "properties.access":   "enum required Allow|Deny"
    "properties.logs[].enabled": "boolean required"

Kinds: string, integer, boolean, object, list, enum, readonly. Then, in any order: required, create-only,
a range, the words of an enum, or a /pattern/ (which comes last).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final

from hipaa_tui.support.json_value import Json

ITEM: Final = "[]"
"""The name under which the items of a list stand in the tree of properties."""
_RANGE: Final = re.compile(r"^(\d+)\.\.(\d+)$")


@dataclass(slots=True)
class Property:
    """One property in the tree of a type. `low` and `high` are inclusive."""

    kind: str = ""
    required: bool = False
    create_only: bool = False
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    pattern: re.Pattern[str] | None = None
    closed: bool = False
    below: dict[str, Property] = field(default_factory=dict)

    @property
    def read_only(self) -> bool:
        return self.kind == "readonly"

    def walk(self, at: str = "") -> Iterator[tuple[str, Property]]:
        """Every property below with its dotted path; not into lists, whose items have no path."""
        for name, inner in self.below.items():
            if name != ITEM:
                path = f"{at}.{name}" if at else name
                yield path, inner
                yield from inner.walk(path)


@dataclass(frozen=True, slots=True)
class Type:
    """What the service does with a resource type.

    `patch` is None where PATCH merges, else the paths that it may change (none: 405).
    `asynchronous` is "", "header" (Azure-AsyncOperation) or "location" (202, then Location).
    `embeds` maps a property to the child collection whose members it shows, and which a PUT replaces.
    `children` come into being with the resource. `created` is the status of a PUT that creates,
    `deleted_shown` says that DELETE answers with what it removed, `missing` is the code of a 404.
    """

    name: str
    known: bool = True
    tracked: bool = False
    extension: bool = False
    etag: bool = False
    etag_of_parent: bool = False
    provisioning: bool = False
    asynchronous: str = ""
    puttable: bool = True
    deletable: bool = True
    patch: tuple[str, ...] | None = None
    created: int = 201
    deleted_shown: bool = False
    missing: str = "ResourceNotFound"
    naming: re.Pattern[str] | None = None
    children: tuple[str, ...] = ()
    embeds: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Json] = field(default_factory=dict)
    body: Property = field(default_factory=Property)

    def kept(self) -> tuple[str, ...]:
        """Paths whose value outlives a replacement: the service's own, and those fixed at creation."""
        return tuple(path for path, one in self.body.walk() if one.read_only or one.create_only)

    def fixed(self) -> tuple[str, ...]:
        """Paths that are fixed at creation."""
        return tuple(path for path, one in self.body.walk() if one.create_only)


@cache
def _table() -> dict[str, Type]:
    text = files("hipaa_tui.sandbox.arm").joinpath("types.json").read_text(encoding="utf-8")
    return {name.lower(): _type(name, facts) for name, facts in json.loads(text).items()}


def find(name: str) -> Type:
    """The type called `name` in any letter case; an accepting one where the table has none."""
    known = _table().get(name.lower())
    if known is not None:
        return known
    return Type(name, known=False, tracked=name.count("/") == 1)


def known_types() -> list[Type]:
    """Every type of the table."""
    return list(_table().values())


def _type(name: str, facts: Mapping[str, Json]) -> Type:
    body = Property(kind="object")
    for path, phrase in facts["fields"].items():
        _describe(_reach(body, path), phrase, f"{name} {path}")
    for path in facts.get("closed", ()):
        _reach(body, path).closed = True
    naming = facts.get("only") or facts.get("name")
    return Type(
        name,
        tracked=facts.get("tracked", False),
        extension=facts.get("extension", False),
        etag=facts.get("etag", False),
        etag_of_parent=facts.get("etag_of_parent", False),
        provisioning=facts.get("provisioning", False),
        asynchronous=facts.get("async", ""),
        puttable=facts.get("put", True),
        deletable=facts.get("delete", True),
        patch=tuple(facts["patch"]) if "patch" in facts else None,
        created=facts.get("created", 201),
        deleted_shown=facts.get("deleted_shown", False),
        missing=facts.get("missing", "ResourceNotFound"),
        naming=re.compile(naming) if naming else None,
        children=tuple(facts.get("children", ())),
        embeds=facts.get("embeds", {}),
        defaults=facts.get("defaults", {}),
        body=body,
    )


def _reach(body: Property, path: str) -> Property:
    """The property at `path`, made with those on the way where they are missing."""
    for part in path.replace(ITEM, f".{ITEM}").split("."):
        body = body.below.setdefault(part, Property())
    return body


def _describe(one: Property, phrase: str, where: str) -> None:
    phrase, slash, pattern = phrase.partition(" /")
    if slash:
        one.pattern = re.compile(pattern.removesuffix("/"))
    one.kind, *rest = phrase.split(" ", 1)
    words = rest[0] if rest else ""
    for flag in ("required", "create-only"):
        if flag in words.split():
            setattr(one, flag.replace("-", "_"), True)
            words = words.replace(flag, "", 1).strip()
    span = _RANGE.match(words)
    if span:
        one.low, one.high = int(span[1]), int(span[2])
    elif one.kind == "enum" and words:
        # Split at "|" only: a word of Azure's may hold a space ("SystemAssigned, UserAssigned").
        one.choices = tuple(words.split("|"))
    elif words:
        raise ValueError(f"types.json: {where}: cannot read {words!r}")
