"""The real AWS CLI as a judge of command lines: it parses them, and stops before the call."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from hipaa_tui.aws.cli_commands import _shown, command
from hipaa_tui.providers.model import Call

with mock.patch.dict(
    os.environ
):  # the CLI's package sets where its own data is, for every SDK of the process
    try:
        from awscli import clidriver
        from awscli.botocore.validate import ParamValidator
    except ImportError:  # comes with the extra "dev"; what needs no judge goes on without
        clidriver = None


_LATER = re.compile(r"<\w+\.[\w.]+>")


class NotACommandError(Exception):
    """What the CLI says to a line that it does not understand."""


def check(call: Call) -> None:
    """The call's command line is the call: same operation, same parameters. NotACommandError, AssertionError.

    Says nothing where the CLI is not installed.
    """
    if clidriver is not None:
        assert parsed(command(call)) == (call.service, call.operation, _shown(dict(call.arguments)))


@cache
def _driver() -> Any:
    return clidriver.create_clidriver()


def parsed(line: str) -> tuple[str, str, dict[str, Any]]:
    """(service, operation, parameters) that the CLI would call the service with. NotACommandError."""
    try:
        return _parsed(line)
    except NotACommandError:
        # The CLI lives for one command: what one leaves behind (handlers of EC2's arguments) fails another.
        _driver.cache_clear()
        return _parsed(line)


def _parsed(line: str) -> tuple[str, str, dict[str, Any]]:
    program, *words = shlex.split(line)
    if program != "aws":
        raise NotACommandError(f"{program} is not aws")
    called: list[tuple[str, str, dict[str, Any]]] = []

    def invoke(_self: Any, service: str, operation: str, parameters: dict[str, Any], _globals: Any) -> int:
        called.append((service, operation, parameters))
        return 0

    said = io.StringIO()
    kept, clidriver.CLIOperationCaller.invoke = clidriver.CLIOperationCaller.invoke, invoke
    nobody = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nobody |= {"AWS_CONFIG_FILE": "nowhere", "AWS_SHARED_CREDENTIALS_FILE": "nowhere"}
    nobody |= {"AWS_DATA_PATH": str(Path(clidriver.__file__).parent / "data")}
    try:
        with (
            mock.patch.dict(os.environ, nobody, clear=True),
            contextlib.redirect_stderr(said),
            contextlib.redirect_stdout(said),
        ):
            code: Any = _driver().main(words)
    except SystemExit as error:
        code = error.code
    finally:
        clidriver.CLIOperationCaller.invoke = kept
    if code or not called:
        raise NotACommandError(" ".join(said.getvalue().split())[-400:] or f"exit code {code}")
    (service, operation, parameters) = called[0]
    shape = _driver().session.get_service_model(service).operation_model(operation).input_shape
    if shape is not None:
        report = ParamValidator().validate(_known(parameters), shape)
        if report.has_errors():
            raise NotACommandError(report.generate_report())
    return service, operation, json.loads(json.dumps(parameters, default=str))


def _known(value: Any) -> Any:
    """The parameters with what only an earlier change makes known (<c1.Arn>) as something of an ARN's length."""
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return "known-later".ljust(36, "-") if isinstance(value, str) and _LATER.fullmatch(value) else value
