"""Holds a request's body against its type: what is refused, what is stripped, how words are spelled."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from hipaa_tui.sandbox.arm.catalogue import ITEM, Property, Type
from hipaa_tui.sandbox.arm.errors import bad_content, bad_value
from hipaa_tui.support.json_value import Json

_ENVELOPE: Final = frozenset({"id", "name", "type", "etag", "systemData"})
"""Top-level properties that the address says or the service makes; a body may repeat them."""
_ASSIGNED: Final = frozenset({"principalId", "tenantId"})
"""Properties of any resource's `identity` that only the service sets."""
_MOST_TAGS: Final = 50
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "enum": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "list": (list,),
}


def clean(kind: Type, body: dict[str, Json]) -> dict[str, Json]:
    """A copy of `body` without nulls and what is read-only, with enum words in Azure's spelling.

    ArmError (400) for a wrong kind of value, a word that is none of the enum, a number out of range,
    or a property that a type with a complete table does not have.
    """
    check_tags(body.get("tags"))
    if "properties" in body and not isinstance(body["properties"], dict | None):
        raise bad_content("'properties' is not an object", "properties")
    sent = {key: value for key, value in body.items() if key not in _ENVELOPE}
    if isinstance(sent.get("identity"), dict):
        sent["identity"] = {key: one for key, one in sent["identity"].items() if key not in _ASSIGNED}
    cleaned = _clean(kind.body, sent, "")
    assert isinstance(cleaned, dict)  # noqa: S101 - what goes in as an object comes out as one
    return cleaned


def complete(kind: Type, body: dict[str, Json]) -> None:
    """ArmError (400) where a required property is missing anywhere in `body`."""
    missing(kind.body, body, "")


def check_tags(tags: Json) -> None:
    """ArmError (400) unless `tags` is nothing or an object of strings."""
    if tags is None:
        return
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise bad_content("'tags' is not an object of strings", "tags")
    if len(tags) > _MOST_TAGS:
        raise bad_content(f"more than {_MOST_TAGS} tags", "tags")


def missing(node: Property, value: Json, at: str) -> None:
    """ArmError (400) where something that `node` requires is not in `value`, which stands at `at`."""
    if isinstance(value, list) and ITEM in node.below:
        for index, item in enumerate(value):
            missing(node.below[ITEM], item, f"{at}[{index}]")
    if not isinstance(value, dict):
        return
    for name, inner in node.below.items():
        path = f"{at}.{name}" if at else name
        if value.get(name) is not None:
            missing(inner, value[name], path)
        elif inner.required:
            raise bad_content(f"the required property '{path}' is missing.", path)


def _clean(node: Property, value: Json, at: str) -> Json:
    if node.kind:
        value = _checked(node, value, at)
    if isinstance(value, list):
        item = node.below.get(ITEM)
        return [_item(item, one, f"{at}[{index}]") for index, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    cleaned = {}
    for name, one in value.items():
        path = f"{at}.{name}" if at else name
        inner = node.below.get(name)
        if inner is None and node.closed:
            raise bad_content(
                f"Could not find member '{name}' on object of type '{at}'. Path '{path}'.", path
            )
        # The SDKs' models leave out what is null, and services take it for "not said".
        if one is None or (inner is not None and inner.read_only):
            continue
        cleaned[name] = deepcopy(one) if inner is None else _clean(inner, one, path)
    return cleaned


def _item(node: Property | None, value: Json, at: str) -> Json:
    if node is None:
        return deepcopy(value)
    if not isinstance(value, dict):
        raise bad_content(f"the value at '{at}' is not an object", at)
    return _clean(node, value, at)


def _checked(node: Property, value: Any, at: str) -> Any:
    fits = isinstance(value, _KINDS[node.kind]) and not (node.kind == "integer" and isinstance(value, bool))
    if not fits:
        raise bad_value(f"The value {_shown(value)} at path '{at}' is not of type {node.kind}.", at)
    if node.choices:
        spelled = {word.lower().replace(" ", ""): word for word in node.choices}
        word = spelled.get(value.lower().replace(" ", ""))
        if word is None:
            allowed = ", ".join(node.choices)
            raise bad_value(f"The value {_shown(value)} at path '{at}' is not one of: {allowed}.", at)
        return word
    if node.low is not None and node.high is not None and not node.low <= value <= node.high:
        raise bad_value(f"The value {value} at path '{at}' is not between {node.low} and {node.high}.", at)
    if node.pattern is not None and not node.pattern.search(value):
        raise bad_value(
            f"The value {_shown(value)} at path '{at}' does not match {node.pattern.pattern}.", at
        )
    return value


def _shown(value: Json) -> str:
    return repr(value)[:80]
