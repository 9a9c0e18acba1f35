"""Reads an `az rest` line as the Azure CLI does, for tests: azure-cli itself is 400 MB of packages.

It knows the options that hipaa-tui prints, of https://learn.microsoft.com/cli/azure/reference-index#az-rest.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
from typing import Any, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

from hipaa_tui.azure.cli_commands import _shown, command
from hipaa_tui.azure.endpoint import CLOUDS
from hipaa_tui.azure.permissions import for_call
from hipaa_tui.plans.model import Plan
from hipaa_tui.providers.model import Call
from tests.azure_operations import exists

_URL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_PLACEHOLDER = re.compile(r"<[\w.$-]+>")


class NotACommandError(Exception):
    """What is wrong with a line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise NotACommandError(message)


def parsed(line: str) -> tuple[str, str, str, Any]:
    """(method, host, path with its version, body or None) of the request that the line makes. NotACommandError."""
    words = shlex.split(line)
    if words[:2] != ["az", "rest"]:
        raise NotACommandError(f"{words[:2]} is not az rest")
    parser = _Parser(allow_abbrev=False, add_help=False)
    parser.add_argument("--method", choices=("delete", "get", "patch", "post", "put"), required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--headers", nargs="+", default=[])
    parser.add_argument("--body")
    given = parser.parse_args(words[2:])
    url = _PLACEHOLDER.sub("known-later", given.url)
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname not in CLOUDS:
        raise NotACommandError(f"{given.url} is at no Azure Resource Manager")
    if not _URL.fullmatch(url) or not re.fullmatch(r"(/[^/]+)+", parts.path):
        raise NotACommandError(f"{given.url} is not a URL")
    if not re.fullmatch(
        r"\d{4}-\d{2}-\d{2}(-preview)?", "".join(parse_qs(parts.query).get("api-version", ()))
    ):
        raise NotACommandError(f"{given.url} has no api-version")
    if [one for one in given.headers if not re.fullmatch(r"[\w-]+=.+", one)]:
        raise NotACommandError(f"{given.headers} are not headers")
    try:
        body = None if given.body is None else json.loads(given.body)
    except ValueError as error:
        raise NotACommandError(f"the body is no JSON: {error}") from None
    version = parse_qs(parts.query)["api-version"][0]
    path = unquote(urlsplit(given.url).path)
    return given.method, str(parts.hostname), f"{path}?{version}", body


def check(call: Call) -> None:
    """The call's line is the call, and the actions that it asks for exist. NotACommandError, AssertionError."""
    arguments = call.arguments
    path = f"{_shown(arguments['path'])}?{arguments['api_version']}"
    method, _, asked, body = parsed(command(call))
    assert (method, asked, body) == (call.operation.lower(), path, _shown(arguments.get("body")))
    assert [one for one in for_call(call) if not exists(one)] == []


def check_plan(plan: Plan) -> Plan:
    """The plan, every call of which passed `check`."""
    for change in plan.changes:
        for call in change.calls:
            check(call)
    return plan
