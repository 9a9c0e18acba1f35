"""Builds a wanted value from the current one: the named structure that playbooks may ask for.

Structure never comes from a template. A playbook gives a value as it stands in its YAML (`to`), asks
for the setting to go (`absent`), lays a value over the current one (`merge`), or names a builder that
a service module registers in its BUILDERS (`with_statement`, …).
A builder is a pure function (current value or ABSENT, arguments) → wanted value; it raises ValueError,
with a sentence for the operator, where the current value cannot be brought to what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from hipaa_tui.support.json_value import ABSENT, Json

Builder = Callable[[Json, Json], Json]


def to(_current: Json, wanted: Json) -> Json:
    """The value as the playbook gives it."""
    return wanted


def absent(_current: Json, _arguments: Json) -> Json:
    """Nothing: the setting is to be removed."""
    return ABSENT


def merge(current: Json, over: Json) -> Json:
    """`over` laid over the current value: objects key by key, everything else replaced whole."""
    if not isinstance(current, Mapping) or not isinstance(over, Mapping):
        return over
    merged = dict(current)
    for key, value in over.items():
        merged[key] = merge(current[key], value) if key in current else value
    return merged


GENERAL: Final[Mapping[str, Builder]] = MappingProxyType({"to": to, "absent": absent, "merge": merge})
"""The builders of every setting, by the key that names them in a playbook's change."""
