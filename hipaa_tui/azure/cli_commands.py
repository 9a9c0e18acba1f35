"""Writes a call as the Azure CLI command that does the same, for whoever would rather type it.

`az rest` sends exactly the given request with the CLI's own login, so that what is shown is what the
tool sends, whatever the typed commands of the CLI would add.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import Json, compact, reference_of

_HOST = "https://management.azure.com"


def command(call: Call) -> str:
    """One line for a POSIX shell. A value known only after an earlier change stands as <c1.id>."""
    arguments = call.arguments
    url = f"{_HOST}{_shown(arguments['path'])}?api-version={arguments['api_version']}"
    words = ["az", "rest", "--method", call.operation.lower(), "--url", url]
    if arguments.get("if_match"):
        words += ["--headers", f"If-Match={_shown(arguments['if_match'])}"]
    if "body" in arguments:
        words += ["--body", compact(_shown(arguments["body"]))]
    return " ".join(shlex.quote(word) for word in words)


def _shown(value: Json) -> Json:
    found = reference_of(value)
    if found is not None:
        return f"<{found[0]}.{found[1]}>"
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value
