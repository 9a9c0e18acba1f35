"""Value builders, which compute a wanted value from the current one.

Structure never comes from a template. A playbook gives a value in its YAML (`to`), removes the setting (`absent`),
merges a value into the current one (`merge`), or uses a builder in a service module's BUILDERS (`with_statement`, …).
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
    """`to`: the value in the playbook."""
    return wanted


def absent(_current: Json, _arguments: Json) -> Json:
    """`absent`: the setting is removed."""
    return ABSENT


def merge(current: Json, over: Json) -> Json:
    """`merge`: `over` merged into the current value. Objects are merged by key, everything else is replaced."""
    if not isinstance(current, Mapping) or not isinstance(over, Mapping):
        return over
    merged = dict(current)
    for key, value in over.items():
        merged[key] = merge(current[key], value) if key in current else value
    return merged


GENERAL: Final[Mapping[str, Builder]] = MappingProxyType({"to": to, "absent": absent, "merge": merge})
"""The builders for every setting, by their key in a playbook's change."""
