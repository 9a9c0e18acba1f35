"""Removes secrets from JSON values: by key, by name/value pairs, and inside of JSON in strings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from hipaa_tui.support.json_value import Json
from hipaa_tui.support.redaction.text import redact_text
from hipaa_tui.support.redaction.words import harmless, kind_of, marker

DEEPEST: Final = 100
"""Maximum depth. No cloud nests configuration this deep; anything below is replaced."""

_SHARED_BY: Final = frozenset({"aws:referer", "aws:useragent"})
"""Condition keys that any caller can set: a random value compared with one serves as a password."""
_RANDOM: Final = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+=-]{16,}\*?$")
_ENVIRONMENTS: Final = frozenset(
    {"variables", "environment", "environmentvariables", "env", "appsettings", "connectionstrings"}
)
_NAME_OF: Final = {
    "name": "value",
    "key": "value",
    "parameterkey": "parametervalue",
    "parametername": "parametervalue",
}
"""Pairs of entries that give a name and its value side by side, as ECS, tags and templates do."""


def redact(value: Json) -> Json:
    """The value with every secret replaced by a marker."""
    return _Look().into(value, "", "", False, 0)


def secrets_in(value: Json) -> list[str]:
    """The dotted paths ("Environment.Variables.DB_PASSWORD") of values that look like secrets."""
    look = _Look()
    look.into(value, "", "", False, 0)
    return list(dict.fromkeys(look.found))


class _Look:
    """One walk through a value."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def into(self, value: Json, path: str, name: str, environment: bool, depth: int) -> Json:
        if isinstance(value, str):
            return self._string(value, path, name, environment, depth)
        if isinstance(value, Mapping | list | tuple) and depth >= DEEPEST:
            self.found.append(path)
            return marker("nested too deep")
        if isinstance(value, Mapping):
            return self._mapping(value, path, name, environment, depth)
        if isinstance(value, list | tuple):
            # "secrets": ["get", "list"] are permissions; a list of passwords is what it says.
            about = name if kind_of(name) == "password" else ""
            return [
                self.into(item, _join(path, str(index)), about, environment, depth + 1)
                for index, item in enumerate(value)
            ]
        if name and kind_of(name, environment=environment) == "password" and _number(value):
            self.found.append(path)
            return marker("password")
        return value

    def _mapping(
        self, value: Mapping[str, Json], path: str, name: str, environment: bool, depth: int
    ) -> dict[str, Json]:
        lowered = {str(key).lower(): key for key in value}
        named = {
            lowered[other]: str(value[lowered[own]])
            for own, other in _NAME_OF.items()
            if own in lowered and other in lowered and isinstance(value[lowered[own]], str)
        }
        done: dict[str, Json] = {}
        for key, item in value.items():
            text = str(key)
            here = _join(path, redact_text(text))
            inherited = name if text.lower() in {"value", "plaintext"} else ""
            about = named.get(key) or inherited or text
            free = environment or text.lower().replace("_", "") in _ENVIRONMENTS
            shown = self._key(text, here, done)
            done[shown] = self.into(item, here, about, free, depth + 1)
        return done

    def _key(self, key: str, path: str, taken: Mapping[str, Json]) -> str:
        shown = redact_text(key)
        if shown != key:
            self.found.append(path)
            number = 2
            while shown in taken:
                shown, number = f"{redact_text(key)} {number}", number + 1
        return shown

    def _string(self, value: str, path: str, name: str, environment: bool, depth: int) -> str:
        kind = kind_of(name, environment=environment) if name else ""
        if kind and not harmless(value, kind):
            self.found.append(path)
            return marker(kind)
        if name.lower() in _SHARED_BY and _RANDOM.match(value):
            self.found.append(path)
            return marker("password")
        text = self._json(value, path, name, environment, depth)
        shown = redact_text(text)
        if shown != text:
            self.found.append(path)
        return shown

    def _json(self, value: str, path: str, name: str, environment: bool, depth: int) -> str:
        """The string with its JSON looked into; the very same string where nothing was found there."""
        if depth >= DEEPEST or value.lstrip()[:1] not in ("{", "["):
            return value
        try:
            inner = json.loads(value)
        except (ValueError, RecursionError):
            return value
        before = len(self.found)
        looked = self.into(inner, path, name, environment, depth + 1)
        if len(self.found) == before:
            return value
        text = json.dumps(looked, separators=None if '": ' in value else (",", ":"), ensure_ascii=False)
        return text if _writable(text) else json.dumps(looked)


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step
