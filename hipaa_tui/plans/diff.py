"""The structural difference between two JSON values, as readable lines."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hipaa_tui.support.json_value import ABSENT, Json, compact, reference_of


class Sign(enum.StrEnum):
    """The sign of a line; color alone never carries meaning."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"
    SAME = " "


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `path` is dotted ("Rules.0.Status"), values are compact JSON or "absent"."""

    sign: Sign
    path: str
    before: str
    after: str

    def text(self) -> str:
        """The line as plain text, without its sign."""
        match self.sign:
            case Sign.ADDED:
                return f"{self.path}: {self.after}" if self.path else self.after
            case Sign.REMOVED:
                return f"{self.path}: {self.before}" if self.path else self.before
            case Sign.CHANGED:
                return f"{self.path or 'value'}: {self.before} → {self.after}"
            case _:
                return f"{self.path}: {self.before}" if self.path else self.before


def lines(before: Json, after: Json) -> list[Line]:
    """The lines of the difference from `before` to `after`, without unchanged parts."""
    return [line for line in _walk("", before, after) if line.sign is not Sign.SAME]


def words(value: Json) -> str:
    """A value as one line of text: a reference is "(known after apply)", ABSENT is "absent"."""
    if value is ABSENT:
        return "absent"
    if reference_of(value) is not None:
        return "(known after apply)"
    if isinstance(value, str):
        return value if value and value == value.strip() else compact(value)
    return compact(_readable(value))


def _readable(value: Json) -> Json:
    if reference_of(value) is not None:
        return "(known after apply)"
    if isinstance(value, Mapping):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return value


def _walk(path: str, before: Json, after: Json) -> Iterator[Line]:
    if _alike(before, after):
        yield Line(Sign.SAME, path, words(before), words(after))
    elif _branch(before) and _branch(after) and isinstance(before, Mapping) == isinstance(after, Mapping):
        if isinstance(before, Mapping):
            for key in [*before, *(key for key in after if key not in before)]:
                yield from _entry(_join(path, str(key)), before, after, key)
        else:
            yield from _list(path, before, after)
    elif before is ABSENT:
        yield from _leaves(Sign.ADDED, path, after)
    elif after is ABSENT:
        yield from _leaves(Sign.REMOVED, path, before)
    else:
        yield Line(Sign.CHANGED, path, words(before), words(after))


def _entry(path: str, before: Json, after: Json, key: str) -> Iterator[Line]:
    if key not in before:
        yield from _leaves(Sign.ADDED, path, after[key])
    elif key not in after:
        yield from _leaves(Sign.REMOVED, path, before[key])
    else:
        yield from _walk(path, before[key], after[key])


def _list(path: str, before: list[Json], after: list[Json]) -> Iterator[Line]:
    """Items have no names, so equal ones are paired first; a lone leftover pair is a change."""
    left = list(enumerate(before))
    new = []
    for index, item in enumerate(after):
        twin = next((pair for pair in left if _alike(pair[1], item)), None)
        if twin is None:
            new.append((index, item))
        else:
            left.remove(twin)
    if len(left) == 1 and len(new) == 1:
        yield from _walk(_join(path, str(new[0][0])), left[0][1], new[0][1])
        return
    for index, item in left:
        yield from _leaves(Sign.REMOVED, _join(path, str(index)), item)
    for index, item in new:
        yield from _leaves(Sign.ADDED, _join(path, str(index)), item)


def _leaves(sign: Sign, path: str, value: Json) -> Iterator[Line]:
    if isinstance(value, Mapping) and value and reference_of(value) is None:
        for key, item in value.items():
            yield from _leaves(sign, _join(path, str(key)), item)
    elif isinstance(value, list) and any(_branch(item) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(sign, _join(path, str(index)), item)
    else:
        text = words(value) if value is not None else "null"
        yield Line(sign, path, text if sign is Sign.REMOVED else "", text if sign is Sign.ADDED else "")


def _branch(value: Json) -> bool:
    return isinstance(value, Mapping | list) and reference_of(value) is None


def _alike(one: Json, other: Json) -> bool:
    # As JSON, since Python takes True and 1, and 1 and 1.0, for equal at any depth.
    return one is other or compact(one) == compact(other)


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step
