"""Converts the user's answers to typed parameter values. InputError says in one sentence what is wrong."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final

from hipaa_tui.playbooks.model import Parameter, Playbook
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json

LONGEST = 2048
"""Maximum length of an answer; an ARM id has at most a few hundred characters."""
MOST_NAMED: Final = 12
"""Maximum number of parameters that an error lists."""


def typed(parameter: Parameter, answer: Json) -> Json:
    """The answer as a value of the parameter's type. InputError says what is accepted."""
    name = parameter.name
    match parameter.type:
        case "integer":
            value: Json = _integer(parameter, answer)
        case "boolean":
            if isinstance(answer, bool):
                value = answer
            elif str(answer).lower() in {"true", "yes", "1", "on"}:
                value = True
            elif str(answer).lower() in {"false", "no", "0", "off"}:
                value = False
            else:
                raise InputError(f"{name}={answer}: must be true or false")
        case "cidr":
            value = _network(name, str(answer)) if answer else ""
        case "cidrs":
            parts = answer if isinstance(answer, list) else str(answer).split(",")
            value = [_network(name, str(part).strip()) for part in parts if str(part).strip()]
        case _:
            value = str(answer)
            if len(value) > LONGEST:
                raise InputError(f"{name}: an answer has at most {LONGEST} characters")
            if parameter.pattern and value and not re.fullmatch(parameter.pattern, value):
                raise InputError(f"{name}={value}: must match {parameter.pattern}")
    if parameter.choices and str(value) not in parameter.choices:
        raise InputError(f"{name}={value}: must be one of {', '.join(parameter.choices)}")
    return value


def addressed(given: Mapping[str, Json], playbooks: Iterable[Playbook]) -> dict[str, dict[str, Json]]:
    """The answers for each of these playbooks: playbook id → parameter → answer.

    A parameter belongs to its playbook. `given` names it as PLAYBOOK.PARAMETER; PLAYBOOK may contain `*` to set it for
    several playbooks, and an exact id takes precedence. The name alone is enough if one playbook has it. InputError if no
    playbook has it, or if several do: "ports that must not be public" and "ports to open to the public" may have one name.
    """
    asked = {playbook.id: playbook for playbook in playbooks if playbook.parameters}
    found: dict[str, dict[str, Json]] = {}
    exact: list[tuple[str, str, Json]] = []
    for key, answer in given.items():
        pattern, dot, name = key.rpartition(".")
        askers = [id for id, playbook in asked.items() if name in playbook.parameters]
        chosen = [id for id in askers if fnmatchcase(id, pattern)] if dot else askers
        if not chosen:
            raise InputError(f"no playbook has the parameter {key!r}; {_asked_for(key, asked.values())}")
        if not dot and len(chosen) > 1:
            named = ", ".join(f"{id}.{name}" for id in sorted(chosen)[:MOST_NAMED])
            more = f" and {len(chosen) - MOST_NAMED} more" if len(chosen) > MOST_NAMED else ""
            raise InputError(
                f"{len(chosen)} playbooks have a parameter {name!r}, each with its own meaning: use {named}{more}, or "
                f'"*.{name}" to set it for all of them'
            )
        for id in chosen:
            if id == pattern:
                exact.append((id, name, answer))
            else:
                found.setdefault(id, {})[name] = answer
    for id, name, answer in exact:
        found.setdefault(id, {})[name] = answer
    return found


def _asked_for(key: str, playbooks: Iterable[Playbook]) -> str:
    """The existing parameters, as half a sentence: only similar names if there are any."""
    names = sorted(f"{playbook.id}.{name}" for playbook in playbooks for name in playbook.parameters)
    bare = key.rpartition(".")[2]
    alike = get_close_matches(bare, {name.rpartition(".")[2] for name in names}, n=3)
    near = [name for name in names if name.rpartition(".")[2] in alike] or names
    more = f" and {len(near) - MOST_NAMED} more" if len(near) > MOST_NAMED else ""
    return f"the parameters are {', '.join(near[:MOST_NAMED])}{more}" if near else "there are no parameters"


def answers(playbook: Playbook, given: Mapping[str, Json]) -> dict[str, Json]:
    """Every parameter of the playbook by name: the given answer, else its default."""
    return {
        name: typed(parameter, given.get(name, parameter.default))
        for name, parameter in playbook.parameters.items()
    }


def _integer(parameter: Parameter, answer: Json) -> int:
    try:
        value = int(str(answer))
    except ValueError:
        raise InputError(f"{parameter.name}={answer}: must be an integer") from None
    if parameter.minimum is not None and value < parameter.minimum:
        raise InputError(f"{parameter.name}={value}: must be {parameter.minimum} or more")
    if parameter.maximum is not None and value > parameter.maximum:
        raise InputError(f"{parameter.name}={value}: must be {parameter.maximum} or less")
    return value


def _network(name: str, text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=True))
    except ValueError as error:
        raise InputError(f"{name}={text}: {error}; must be a CIDR such as 10.0.0.0/8") from None
