"""Evaluates the condition of an Azure Policy rule for a resource, or reports that it cannot be determined.

Supported are conditions on the type, a field or a property alias, with the operators on plain values
(https://learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule).
Anything else, and a property that the resource does not return, is unknown and never guessed.
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
    """Whether the condition holds for the resulting resource; None when that cannot be determined."""
    if not isinstance(rule, Mapping) or depth > _DEEPEST:
        return None
    if "not" in rule:
        found = holds(rule["not"], resource, values, depth + 1)
        return None if found is None else not found
    for operator, decides in (("allOf", False), ("anyOf", True)):
        if operator in rule:
            if not isinstance(rule[operator], list):
                return None
            results = [holds(part, resource, values, depth + 1) for part in rule[operator]]
            if decides in results:
                return decides
            return None if None in results else not decides
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
        value = next((item for key, item in value.items() if key.lower() == step), None)
    if value is None or isinstance(value, Mapping | list):
        return _UNKNOWN
    return value


def path_of(alias: str, type: str) -> str | None:
    """The property path of an alias in lower case; None when the alias belongs to another type."""
    start, lowered = f"{type}/".lower(), alias.lower()
    rest = lowered.removeprefix(start)
    return rest if type and lowered.startswith(start) and "/" not in rest else None


def aliases(rule: Json, depth: int = 0) -> Iterator[str]:
    """Every field that a rule refers to, at any depth."""
    if depth > _DEEPEST:
        return
    if isinstance(rule, Mapping):
        if isinstance(rule.get("field"), str):
            yield rule["field"]
        for item in rule.values():
            yield from aliases(item, depth + 1)
    elif isinstance(rule, list):
        for item in rule:
            yield from aliases(item, depth + 1)


def _operator(rule: Mapping[str, Any], actual: Any, values: Mapping[str, Json]) -> bool | None:
    operators = {key.lower(): value for key, value in rule.items() if key != "field"}
    if len(operators) != 1 or reference_of(actual) is not None:
        return None
    ((word, operand),) = operators.items()
    wanted = resolved(operand, values)
    if _has_expression(wanted):
        return None
    if word == "exists":
        return _same(wanted, True)
    negated = word.startswith("not")
    answer = _positive(word.removeprefix("not"), actual, wanted)
    return None if answer is None else answer is not negated


def _positive(word: str, actual: Any, wanted: Any) -> bool | None:
    match word:
        case "equals":
            return _same(actual, wanted)
        case "in":
            return any(_same(actual, item) for item in wanted) if isinstance(wanted, list) else None
        case "like":
            return fnmatchcase(str(actual).lower(), re.sub(r"([\[?])", r"[\1]", str(wanted).lower()))
        case "contains":
            return str(wanted).lower() in str(actual).lower()
        case "greater" | "greaterorequals" | "less" | "lessorequals":
            if not (_number(actual) and _number(wanted)):
                return None
            if actual == wanted:
                return word.endswith("equals")
            return bool(actual > wanted) is word.startswith("greater")
    return None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    # Azure compares as case-insensitive text, and treats true and "true" as equal.
    return str(one).lower() == str(other).lower()


def _has_expression(value: Json) -> bool:
    """Whether the value contains a template expression, which is not evaluated here."""
    if isinstance(value, list):
        return any(_has_expression(item) for item in value)
    return isinstance(value, str) and value.startswith("[") and not value.startswith("[[")
