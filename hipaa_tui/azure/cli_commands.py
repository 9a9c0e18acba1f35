"""Writes a call as the Azure CLI command that does the same, for whoever would rather type it.

`az rest` sends exactly the given request with the CLI's own login, so that what is shown is what the
tool sends, whatever the typed commands of the CLI would add.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from urllib.parse import quote

from hipaa_tui.azure.endpoint import ENDPOINT_VARIABLE, PUBLIC, endpoint_of
from hipaa_tui.providers.model import Call
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json, compact, reference_of


def command(call: Call) -> str:
    """One line for a POSIX shell. A value known only after an earlier change stands as <c1.id>."""
    arguments = call.arguments
    path = quote(str(_shown(arguments["path"])), safe="/()<>")
    url = f"{_host()}{path}?api-version={arguments['api_version']}"
    words = ["az", "rest", "--method", call.operation.lower(), "--url", url]
    if arguments.get("if_match"):
        words += ["--headers", f"If-Match={_shown(arguments['if_match'])}"]
    if "body" in arguments:
        words += ["--body", compact(_shown(arguments["body"]))]
    return " ".join(shlex.quote(word) for word in words)


def _host() -> str:
    """The Azure Resource Manager of the cloud that is worked on: each sovereign cloud has its own.

    The sandbox plays the public cloud.
    """
    try:
        endpoint = endpoint_of(os.environ.get(ENDPOINT_VARIABLE) or PUBLIC)
    except InputError:
        return PUBLIC
    return PUBLIC if endpoint.sandbox else endpoint.url


def _shown(value: Json) -> Json:
    found = reference_of(value)
    if found is not None:
        return f"<{found[0]}.{found[1]}>"
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value
