"""Takes an operator's answers and makes them typed values, or says in one sentence what is wrong."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from hipaa_tui.playbooks.model import Parameter, Playbook
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json

LONGEST = 2048
"""Characters of an answer; an ARM id has at most a few hundred."""


def typed(parameter: Parameter, answer: Json) -> Json:
    """The answer as a value of the parameter's type. InputError says what would be accepted."""
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
                raise InputError(f"{name}={answer}: give true or false")
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
                raise InputError(f"{name}={value}: it must look like {parameter.pattern}")
    if parameter.choices and str(value) not in parameter.choices:
        raise InputError(f"{name}={value}: choose one of {', '.join(parameter.choices)}")
    return value


def answers(playbook: Playbook, given: Mapping[str, str]) -> dict[str, Json]:
    """Every parameter of the playbook by name: the given answer, or else its default."""
    return {
        name: typed(parameter, given.get(name, parameter.default))
        for name, parameter in playbook.parameters.items()
    }


def _integer(parameter: Parameter, answer: Json) -> int:
    try:
        value = int(str(answer))
    except ValueError:
        raise InputError(f"{parameter.name}={answer}: give a whole number") from None
    if parameter.minimum is not None and value < parameter.minimum:
        raise InputError(f"{parameter.name}={value}: give {parameter.minimum} or more")
    if parameter.maximum is not None and value > parameter.maximum:
        raise InputError(f"{parameter.name}={value}: give {parameter.maximum} or less")
    return value


def _network(name: str, text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=True))
    except ValueError as error:
        raise InputError(f"{name}={text}: {error}; give a CIDR such as 10.0.0.0/8") from None
