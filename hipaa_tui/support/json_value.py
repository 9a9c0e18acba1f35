"""Plain JSON values: the form in which cloud configuration is read, compared, planned and stored.

`ABSENT` means "there is no such configuration". It is None, and JSON null in plans and journals: no setting has
null as its value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Json = Any
"""A JSON value: None, bool, int, float, str, list of Json, dict of str to Json."""

ABSENT: Final[None] = None
"""The value of a setting that does not exist."""

REFERENCE: Final = "$known_after_apply"
"""Key of the one-entry object that refers to a value known only after an earlier change of the plan."""


OWN_ANSWER: Final = "self"
"""In a reference, instead of a change id: the response of an earlier call of the same change."""


def canonical_bytes(value: Json) -> bytes:
    """Canonical JSON (RFC 8785): equal values give equal bytes. ValueError for a value that is not JSON."""
    import rfc8785

    return bytes(rfc8785.dumps(value))


def content_hash(value: Json) -> str:
    """SHA-256 over the canonical form, as 64 hex digits."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def compact(value: Json) -> str:
    """One line of JSON with sorted keys, for people and command lines."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def reference(change_id: str, field: str) -> dict[str, str]:
    """A reference to a value known only after change `change_id` was made: `field` of the identity that the cloud assigns."""
    return {REFERENCE: f"{change_id}.{field}"}


def reference_of(value: Json) -> tuple[str, str] | None:
    """(change id, field) if `value` is a reference, else None."""
    if isinstance(value, Mapping) and len(value) == 1 and REFERENCE in value:
        change_id, _, field = str(value[REFERENCE]).partition(".")
        return change_id, field
    return None


def references(value: Json) -> Iterator[tuple[str, str]]:
    """Every reference inside `value`, in reading order."""
    found = reference_of(value)
    if found is not None:
        yield found
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


def resolve(value: Json, lookup: Callable[[str, str], Json]) -> Json:
    """`value` with each reference replaced by `lookup(change_id, field)`; shares nothing mutable."""
    found = reference_of(value)
    if found is not None:
        return lookup(*found)
    if isinstance(value, Mapping):
        return {key: resolve(item, lookup) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, lookup) for item in value]
    return value


def at(value: Json, path: str) -> Json:
    """The value at a dotted path ("Rules.0.Status"), or None."""
    for step in path.split(".") if path else []:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.lstrip("-").isdigit():
            index = int(step)
            value = value[index] if -len(value) <= index < len(value) else None
        else:
            return None
    return value
