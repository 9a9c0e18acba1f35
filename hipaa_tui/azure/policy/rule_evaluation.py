"""Works out whether the condition of an Azure Policy holds for a resource, or says that it cannot be told.

It knows the conditions that ask for a type, a field or a property by its alias, and the operators on plain
values (https://learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule).
Whatever else stands there, and a property that the resource does not show, is unknown, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.azure.policy.assignments import resolved
from hipaa_tui.support.json_value import Json, reference_of

_TOP: Final = frozenset({"type", "name", "kind", "location", "id"})
_OUTSIDE: Final = frozenset({"sku", "kind", "identity", "location", "tags", "zones"})
_UNKNOWN: Final = object()
_DEEPEST: Final = 40


def holds(rule: Json, resource: Mapping[str, Any], values: Mapping[str, Json], depth: int = 0) -> bool | None:
    """Does the condition hold for the resource as it will be? None where that cannot be told."""
    if not isinstance(rule, Mapping) or depth > _DEEPEST:
        return None
    if "not" in rule:
        found = holds(rule["not"], resource, values, depth + 1)
        return None if found is None else not found
    for word, decides in (("allOf", False), ("anyOf", True)):
        if word in rule:
            if not isinstance(rule[word], list):
                return None
            parts = [holds(one, resource, values, depth + 1) for one in rule[word]]
            if decides in parts:
                return decides
            return None if None in parts else not decides
    if "field" not in rule:
        return None
    found = _field(str(resolved(rule["field"], values)), resource)
    if found is _UNKNOWN:
        return None
    return _operator(rule, found, values)


def _field(name: str, resource: Mapping[str, Any]) -> Any:
    if name.lower() in _TOP:
        found = resource.get(name.lower())
        return _UNKNOWN if found is None else found
    path = path_of(name, str(resource.get("type", "")))
    if path is None or "[" in path:
        return _UNKNOWN
    value: Any = resource if path.partition(".")[0] in _OUTSIDE else resource.get("properties")
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return _UNKNOWN
        value = next((one for key, one in value.items() if key.lower() == step), None)
    if value is None or isinstance(value, Mapping | list):
        return _UNKNOWN
    return value


def path_of(alias: str, type: str) -> str | None:
    """The path in the properties that an alias of the type stands for, in lower case; None for another type's."""
    start, lowered = f"{type}/".lower(), alias.lower()
    rest = lowered.removeprefix(start)
    return rest if type and lowered.startswith(start) and "/" not in rest else None


def aliases(rule: Json, depth: int = 0) -> Iterator[str]:
    """Every field that a rule names, wherever in it."""
    if depth > _DEEPEST:
        return
    if isinstance(rule, Mapping):
        if isinstance(rule.get("field"), str):
            yield rule["field"]
        for one in rule.values():
            yield from aliases(one, depth + 1)
    elif isinstance(rule, list):
        for one in rule:
            yield from aliases(one, depth + 1)


def _operator(rule: Mapping[str, Any], found: Any, values: Mapping[str, Json]) -> bool | None:
    named = {key.lower(): value for key, value in rule.items() if key != "field"}
    if len(named) != 1 or reference_of(found) is not None:
        return None
    ((word, asked),) = named.items()
    wanted = resolved(asked, values)
    if _open(wanted):
        return None
    if word == "exists":
        return _same(wanted, True)
    negated = word.startswith("not")
    answer = _positive(word.removeprefix("not"), found, wanted)
    return None if answer is None else answer is not negated


def _positive(word: str, found: Any, wanted: Any) -> bool | None:
    match word:
        case "equals":
            return _same(found, wanted)
        case "in":
            return any(_same(found, one) for one in wanted) if isinstance(wanted, list) else None
        case "like":
            return fnmatchcase(str(found).lower(), re.sub(r"([\[?])", r"[\1]", str(wanted).lower()))
        case "contains":
            return str(wanted).lower() in str(found).lower()
        case "greater" | "greaterorequals" | "less" | "lessorequals":
            if not (_number(found) and _number(wanted)):
                return None
            if found == wanted:
                return word.endswith("equals")
            return bool(found > wanted) is word.startswith("greater")
    return None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    # Azure compares as text without regard to letter case, true and "true" included.
    return str(one).lower() == str(other).lower()


def _open(value: Json) -> bool:
    """Is it an expression that is not worked out here?"""
    if isinstance(value, list):
        return any(_open(one) for one in value)
    return isinstance(value, str) and value.startswith("[") and not value.startswith("[[")
