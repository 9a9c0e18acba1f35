"""Reads the policy file. Every entry is checked; an unknown one is an error."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from hipaa_tui.policy.model import (
    DAYS,
    RISKS,
    BlastRadius,
    Freeze,
    Policy,
    Rollbacks,
    Rule,
    Scope,
    Window,
)
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.safe_yaml import read
from hipaa_tui.support.signing import checked_key

LARGEST: Final = 1024 * 1024
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def load_policy(path: Path) -> Policy:
    """The policy in a file. InputError says what is wrong with it, and where."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
        found = read(text, LARGEST, words_only=True)
        document = {} if found is None else found
        return _policy(_Entry(document, ""), str(path), hashlib.sha256(text).hexdigest())
    except OSError as error:
        raise InputError(f"{path}: the policy cannot be read: {error.strerror or error}") from None
    except (ValueError, InputError) as error:
        raise InputError(f"{path}: {error}") from None


class _Entry:
    """An object of the document. Its keys are taken one by one; whatever is left is unknown."""

    def __init__(self, value: Any, where: str) -> None:
        self.where = where
        if not isinstance(value, dict):
            raise ValueError(f"{where or 'a policy'} must be an object with keys")
        self._left = dict(value)
        self._known: list[str] = []

    def take(self, name: str) -> Any:
        self._known.append(name)
        return self._left.pop(name, None)

    def at(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def over(self) -> None:
        """ValueError if a key was not taken."""
        for name in self._left:
            here = f"{self.where}: " if self.where else ""
            raise ValueError(f"{here}there is no entry {name!r}; the entries are {', '.join(self._known)}")

    def need(self, name: str) -> Any:
        value = self.take(name)
        if value is None:
            raise ValueError(f"{self.at(name)} is missing")
        return value

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        value = self.take(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ValueError(f"{self.at(name)} must be a number from {lowest} to {highest}")
        return value

    def switch(self, name: str) -> bool | None:
        value = self.take(name)
        if value is not None and not isinstance(value, bool):
            raise ValueError(f"{self.at(name)} must be true or false")
        return value

    def text(self, name: str) -> str:
        value = self.need(name)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{self.at(name)} must be a string")
        return value.strip()

    def texts(self, name: str, allowed: Sequence[str] = ()) -> tuple[str, ...]:
        value = self.take(name)
        if value is None:
            return ()
        return _texts(value, self.at(name), allowed)

    def entries(self, name: str) -> list[_Entry]:
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise ValueError(f"{self.at(name)} must be a list")
        return [_Entry(one, f"{self.at(name)}, entry {number}") for number, one in enumerate(value, start=1)]

    def entry(self, name: str) -> _Entry:
        value = self.take(name)
        return _Entry({} if value is None else value, self.at(name))


def _policy(entry: _Entry, path: str, digest: str) -> Policy:
    approvers = _approvers(entry.take("approvers"))
    policy = Policy(
        path=path,
        digest=digest,
        approvers=approvers,
        rules=tuple(
            _rule(number, one, approvers) for number, one in enumerate(entry.entries("approvals"), start=1)
        ),
        windows=tuple(_window(one) for one in entry.entries("windows")),
        freezes=tuple(_freeze(one) for one in entry.entries("freezes")),
        blast_radius=_blast_radius(entry.entry("blast_radius")),
        rollbacks=_rollbacks(entry.entry("rollbacks")),
    )
    entry.over()
    return policy


def _approvers(value: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    owners: dict[str, str] = {}
    if value is None:
        return found
    if not isinstance(value, dict):
        raise ValueError("approvers must be an object of names and their public keys")
    for name, keys in value.items():
        texts = _texts(keys, f"approvers.{name}")
        found[str(name)] = tuple(checked_key(text) for text in texts)
        for key in found[str(name)]:
            if key in owners:
                raise ValueError(f"approvers: {owners[key]} and {name} have the same key")
            owners[key] = str(name)
    return found


def _rule(number: int, entry: _Entry, approvers: Mapping[str, tuple[str, ...]]) -> Rule:
    named = entry.texts("approvers") or tuple(approvers)
    for name in named:
        if name not in approvers:
            raise ValueError(f"{entry.where}: {name!r} is not listed under approvers")
    rule = Rule(
        number=number,
        scope=_scope(entry),
        risks=frozenset(entry.texts("risk", RISKS)),
        playbooks=frozenset(entry.texts("playbooks")),
        irreversible=entry.switch("irreversible"),
        count=entry.number("count", 1, 1, 20),
        approvers=named,
    )
    entry.over()
    if rule.count > len(named):
        raise ValueError(
            f"{entry.where} requires {rule.count} approvals, but there are {len(named)} approvers for it"
        )
    return rule


def _window(entry: _Entry) -> Window:
    window = Window(
        name=entry.text("name"),
        days=frozenset(DAYS.index(day) for day in entry.texts("days", DAYS) or DAYS),
        start=_time(entry, "from"),
        end=_time(entry, "to"),
        zone=_zone(entry, ""),
        scope=_scope(entry),
    )
    entry.over()
    return window


def _freeze(entry: _Entry) -> Freeze:
    freeze = Freeze(
        reason=entry.text("reason"),
        first=_day(entry, "from"),
        last=_day(entry, "to"),
        zone=_zone(entry, "UTC"),
        scope=_scope(entry),
        excepted=frozenset(entry.texts("except_risk", RISKS)),
    )
    entry.over()
    if freeze.last < freeze.first:
        raise ValueError(f"{entry.where} ends before it begins")
    return freeze


def _blast_radius(entry: _Entry) -> BlastRadius:
    usual = BlastRadius()
    found = BlastRadius(
        resources=entry.number("resources", usual.resources, 1, 1_000_000),
        percent=entry.number("percent", usual.percent, 1, 100),
        population=entry.number("population", usual.population, 1, 1_000_000),
    )
    entry.over()
    return found


def _rollbacks(entry: _Entry) -> Rollbacks:
    found = Rollbacks(
        approvals=bool(entry.switch("approvals")),
        windows=bool(entry.switch("windows")),
        blast_radius=bool(entry.switch("blast_radius")),
    )
    entry.over()
    return found


def _scope(entry: _Entry) -> Scope:
    accounts = frozenset(entry.texts("accounts"))
    tags = entry.take("tags")
    if tags is None:
        return Scope(accounts)
    if not isinstance(tags, dict) or not tags:
        raise ValueError(f"{entry.at('tags')} must be an object of tag names and values")
    return Scope(accounts, {str(k): _texts(v, f"{entry.at('tags')}.{k}") for k, v in tags.items()})


def _texts(value: Any, where: str, allowed: Sequence[str] = ()) -> tuple[str, ...]:
    """One string or a list of them; numbers and booleans are taken as written."""
    many = value if isinstance(value, list) else [value]
    found = []
    for item in many:
        one = str(item).lower() if isinstance(item, bool | int) else item
        if not isinstance(one, str) or not one.strip():
            raise ValueError(f"{where} must be a string or a list of strings")
        if allowed and one not in allowed:
            raise ValueError(f"{where} must be one of {', '.join(allowed)}, not {one!r}")
        found.append(one.strip())
    if not found:
        raise ValueError(f"{where} must not be an empty list")
    return tuple(found)


def _time(entry: _Entry, name: str) -> time:
    text = entry.text(name)
    if not _TIME.fullmatch(text):
        raise ValueError(f"{entry.at(name)} must be a time of day such as 22:00")
    return time.fromisoformat(text)


def _day(entry: _Entry, name: str) -> date:
    text = entry.text(name)
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"{entry.at(name)} must be a date such as 2026-12-18")


def _zone(entry: _Entry, default: str) -> ZoneInfo:
    value = entry.take("zone")
    if value is None and not default:
        raise ValueError(f"{entry.at('zone')} is missing: a time zone such as America/New_York")
    try:
        return ZoneInfo(str(value or default))
    except (OSError, ValueError, LookupError):
        raise ValueError(
            f"{entry.at('zone')}: unknown time zone {str(value or default)!r}; use one such as "
            "Europe/Berlin or UTC"
        ) from None
