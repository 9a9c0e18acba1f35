"""Evaluates predicates, by which playbooks decide whether a value complies. They are data, not code.

A predicate is one of
    {"all": [p, …]}   {"any": [p, …]}   {"not": p}
    {"present": bool}                                 the whole setting is there, or is not
    {"path": "a.b.0.c", TEST: …}                      a test on what stands at the path
    {"path": "a.b", "every": p} / {"path": …, "some": p}   p on each item of a list
    {"text": "…", TEST: …}                            a test on a filled-in text, such as "{{ name }}"
with TEST one of
    equals: value       in: [values]      matches: regular expression (whole text, at most 2 KB is looked at)
    at_least: number    at_most: number   is_present: bool
Nothing at the path fails every test but `is_present: false` and `equals: null`; a string "true" is not the boolean.
A predicate on an ABSENT setting is false unless it is `present: false` (or an any/not that holds one).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from hipaa_tui.support.json_value import ABSENT, Json, at, compact

TESTS: Final = ("equals", "in", "matches", "at_least", "at_most", "is_present", "every", "some")
_LOOKED_AT: Final = 2048


def holds(predicate: Json, value: Json) -> bool:  # noqa: PLR0912 - one branch a word of the language
    """Is `predicate` true for `value`? ValueError for an invalid predicate."""
    if not isinstance(predicate, Mapping) or not predicate:
        raise ValueError(f"a predicate is an object, not {compact(predicate)}")
    if "all" in predicate:
        return all(holds(part, value) for part in predicate["all"])
    if "any" in predicate:
        return any(holds(part, value) for part in predicate["any"])
    if "not" in predicate:
        return not holds(predicate["not"], value)
    if "present" in predicate:
        return (value is not ABSENT) is bool(predicate["present"])
    if "text" in predicate:
        rest = {key: item for key, item in predicate.items() if key != "text"}
        return holds({"path": "text", **rest}, {"text": str(predicate["text"])})
    if "path" not in predicate:
        raise ValueError(f"a predicate needs all, any, not, present, path or text: {compact(predicate)}")
    tests = [name for name in TESTS if name in predicate]
    if len(tests) != 1 or len(predicate) != 2:
        raise ValueError(f"a path needs exactly one of {', '.join(TESTS)}: {compact(predicate)}")
    test, wanted = tests[0], predicate[tests[0]]
    found = at(value, str(predicate["path"]))
    if value is ABSENT:
        return False
    match test:
        case "is_present":
            return (found is not None) is bool(wanted)
        case "equals":
            return _equal(found, wanted)
        case "in":
            return any(_equal(found, one) for one in wanted)
        case "matches":
            return isinstance(found, str) and bool(re.fullmatch(wanted, found[:_LOOKED_AT]))
        case "at_least":
            return _number(found) and found >= wanted
        case "at_most":
            return _number(found) and found <= wanted
        case "every":
            return isinstance(found, list) and all(holds(wanted, item) for item in found)
        case _:
            return isinstance(found, list) and any(holds(wanted, item) for item in found)


def check(predicate: Json) -> None:
    """ValueError if `predicate` is invalid, independent of any value."""
    if not isinstance(predicate, Mapping):
        raise ValueError(f"a predicate is an object, not {compact(predicate)}")
    for word in ("all", "any"):
        if word in predicate:
            if not isinstance(predicate[word], list) or len(predicate) != 1:
                raise ValueError(f"{word} takes a list and no other keys: {compact(predicate)}")
            for part in predicate[word]:
                check(part)
            return
    if "not" in predicate:
        check(predicate["not"])
        return
    for word in ("every", "some"):
        if word in predicate:
            check(predicate[word])
    if "matches" in predicate:
        try:
            re.compile(predicate["matches"])
        except re.error as error:
            raise ValueError(f"not a regular expression: {predicate['matches']}: {error}") from None
    holds(predicate, {})


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(one: Json, other: Json) -> bool:
    # True == 1 in Python and not in JSON.
    return type(one) is type(other) and bool(one == other)
