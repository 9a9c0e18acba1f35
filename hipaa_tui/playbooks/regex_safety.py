"""Refuses regular expressions with catastrophic backtracking: Python's engine cannot be stopped.

Accepted are expressions that match in nearly linear time: repetitions that cannot overlap with what follows them, and
repeated groups whose iterations are separated by a character that occurs nowhere else in them.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

LONGEST: Final = 400
"""Maximum length of an expression; the longest shipped one has 150 characters."""
_UNBOUNDED: Final = 2048
"""What a repetition without an end counts for: no longer text is ever matched."""
_MOST: Final = 2**17
"""Ways to part a text between repetitions that overlap. One repetition may, two may not."""
_ANY: Final = frozenset(map(chr, range(128))) | {"other"}
_CATEGORIES: Final = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}


def check_pattern(pattern: str) -> None:
    """ValueError if the text is not a regular expression, or one that could backtrack catastrophically."""
    if len(pattern) > LONGEST:
        raise ValueError(f"a pattern has at most {LONGEST} characters")
    try:
        re.compile(pattern)
        parsed = importlib.import_module("re._parser").parse(pattern)
        ways = math.prod(_ways(_flat(parsed), [], inside=False))
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regular expression: {pattern}: {error}") from None
    if ways > _MOST:
        raise ValueError(
            f"the pattern {pattern} could take forever: separate its repetitions by another character"
        )


def _flat(items: Iterable[Any]) -> list[Any]:
    """The items with groups opened: brackets alone change nothing."""
    found: list[Any] = []
    for op, argument in items:
        found += _flat(argument[3]) if str(op) == "SUBPATTERN" else [(op, argument)]
    return found


def _ways(items: Sequence[Any], after: Sequence[Any], *, inside: bool) -> Iterator[int]:
    """For each repetition that may overlap with what follows it, how often; too often for what is worse."""
    for index, (op, argument) in enumerate(items):
        name, rest = str(op), [*items[index + 1 :], *after]
        if name in {"GROUPREF", "GROUPREF_EXISTS", "ASSERT", "ASSERT_NOT", "ATOMIC_GROUP"}:
            yield _MOST + 1
        elif name == "BRANCH":
            if inside:
                yield _MOST + 1
            for branch in argument[1]:
                yield from _ways(_flat(branch), rest, inside=inside)
        elif name.endswith("REPEAT"):
            least, most, body = argument[0], argument[1], _flat(argument[2])
            if _repeats(body) and not _separated(body):
                yield _MOST + 1
            yield from _ways(body, [], inside=True)
            if least != most and _chars(body) & _next(rest):
                yield min(int(most), _UNBOUNDED) + 1


def _next(items: Sequence[Any]) -> frozenset[str]:
    """Every character that can come next, up to the first item that has to be there."""
    found: frozenset[str] = frozenset()
    for op, argument in items:
        found |= _chars([(op, argument)])
        if not str(op).endswith("REPEAT") or argument[0] > 0:
            break
    return found


def _repeats(items: Sequence[Any]) -> bool:
    """Is there a repetition of no fixed number inside?"""
    for op, argument in items:
        name = str(op)
        if name.endswith("REPEAT") and (argument[0] != argument[1] or _repeats(_flat(argument[2]))):
            return True
        if name == "BRANCH":
            return True
    return False


def _separated(items: Sequence[Any]) -> bool:
    """Does every round hold a character that nothing else in it can be?"""
    for index, (op, argument) in enumerate(items):
        if str(op) == "LITERAL":
            others = [*items[:index], *items[index + 1 :]]
            if not _chars(others) & {chr(argument) if argument < 128 else "other"}:
                return True
    return False


def _chars(items: Sequence[Any]) -> frozenset[str]:
    """Every character that can stand in what the items match, "other" for those beyond ASCII."""
    found: frozenset[str] = frozenset()
    for op, argument in items:
        name = str(op)
        if name == "LITERAL":
            found |= {chr(argument) if argument < 128 else "other"}
        elif name == "IN":
            found |= _set(argument)
        elif name.endswith("REPEAT"):
            found |= _chars(_flat(argument[2]))
        elif name == "BRANCH":
            found |= frozenset().union(*(_chars(_flat(one)) for one in argument[1]))
        elif name != "AT":
            return _ANY
    return found


def _set(items: Sequence[Any]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    negated = False
    for op, argument in items:
        name = str(op)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            found |= {chr(argument) if argument < 128 else "other"}
        elif name == "RANGE":
            low, high = argument
            found |= {chr(code) for code in range(low, min(high, 127) + 1)} | (
                {"other"} if high > 127 else set()
            )
        else:
            kind = str(argument).removeprefix("CATEGORY_")
            look = _CATEGORIES.get(kind.removeprefix("NOT_"))
            if look is None:
                return _ANY
            inside = {char for char in map(chr, range(128)) if re.fullmatch(look, char)} | {"other"}
            found |= (_ANY - inside) | {"other"} if kind.startswith("NOT_") else inside
    return (_ANY - found) | {"other"} if negated else found
