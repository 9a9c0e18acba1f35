"""The real AWS CLI as a judge of command lines: it parses them, and stops before the call."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
from functools import cache
from typing import Any

from hipaa_tui.settings.aws.commands import _shown, command
from hipaa_tui.settings.model import Call

try:
    from awscli import clidriver
    from awscli.botocore.validate import ParamValidator
except ImportError:  # comes with the extra "dev"; what needs no judge goes on without
    clidriver = None


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
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
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
        report = ParamValidator().validate(parameters, shape)
        if report.has_errors():
            raise NotACommandError(report.generate_report())
    return service, operation, json.loads(json.dumps(parameters, default=str))
