"""Reaches into JSON objects by dotted paths, the form in which the type table names properties."""

from __future__ import annotations

from hipaa_tui.support.json_value import Json


def dig(value: Json, path: str) -> Json:
    """What stands at `path` ("properties.encryption.keySource"), None where anything on the way is missing."""
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def place(body: dict[str, Json], path: str, value: Json) -> None:
    """Put `value` at `path`, making the objects on the way. What is no object on the way is left alone."""
    *way, last = path.split(".")
    for part in way:
        inner = body.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        body = inner
    body[last] = value


def take(body: dict[str, Json], path: str) -> Json:
    """Remove what stands at `path` and give it; None where there is nothing."""
    *way, last = path.split(".")
    holder = dig(body, ".".join(way)) if way else body
    return holder.pop(last, None) if isinstance(holder, dict) else None


def same_text(one: Json, other: Json) -> bool:
    """Equal without regard to letter case, as ids, names and Azure's words are."""
    return str(one).lower() == str(other).lower()
