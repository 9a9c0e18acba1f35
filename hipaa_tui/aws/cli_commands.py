"""Writes a call as the AWS CLI command that does the same, for whoever would rather type it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import Json, compact, reference_of

_SERVICES: Final = {"s3": "s3api", "config": "configservice"}
"""botocore's service → the CLI's command, where they differ."""
_NEGATIVES: Final = {
    ("ec2", "egress"): "ingress",
    ("ec2", "disable-api-termination"): "enable-api-termination",
}
"""The CLI's word for false, where it is not --no-… (its customization of arguments' names)."""


def command(call: Call) -> str:
    """One line for a POSIX shell. A value known only after an earlier change stands as <c1.Arn>."""
    words = ["aws", _SERVICES.get(call.service, call.service), _dashed(call.operation)]
    for name, value in call.arguments.items():
        option = "--" + _dashed(name)
        shown = _shown(value)
        if isinstance(shown, bool):
            no = _NEGATIVES.get((call.service, _dashed(name)), "no-" + _dashed(name))
            words.append(option if shown else f"--{no}")
        elif isinstance(shown, str):
            words += [option, shown]
        elif isinstance(shown, list) and shown and all(isinstance(item, str) for item in shown):
            words += [option, *shown]
        else:
            words += [option, compact(shown)]
    if call.region:
        words += ["--region", call.region]
    return " ".join(shlex.quote(word) for word in words)


@cache
def _xform() -> Any:
    from botocore import xform_name

    return xform_name


def _dashed(name: str) -> str:
    return str(_xform()(name, "-"))


def _shown(value: Json) -> Json:
    found = reference_of(value)
    if found is not None:
        return f"<{found[0]}.{found[1]}>"
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value
