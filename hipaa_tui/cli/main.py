"""The command line: parses the arguments, runs one command, and turns every error into one sentence and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from hipaa_tui import __version__
from hipaa_tui.cli.parser import build
from hipaa_tui.support.errors import ExitCode, HipaaTuiError, InputError


def run(argv: Sequence[str]) -> int:
    """Run `hipaa-tui` with these arguments. Returns the exit code; prints, never raises."""
    if list(argv) in (["--version"], ["-V"]):
        print(f"hipaa-tui {__version__}")
        return ExitCode.DONE
    parser = build()
    try:
        options = parser.parse_args(argv)
    except SystemExit as ending:  # argparse has printed its usage or its help
        return ExitCode.DONE if ending.code in (0, None) else ExitCode.USAGE
    try:
        code = _command(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("hipaa-tui: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): no message, and no second one at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except HipaaTuiError as error:
        return said(error)
    except Exception as error:
        return _unexpected(error)
    return code


def said(error: HipaaTuiError) -> int:
    """Print the error's sentence to stderr and return its exit code."""
    from hipaa_tui.support.redaction import redact_text
    from hipaa_tui.support.sanitize import plain

    print(f"hipaa-tui: {redact_text(plain(str(error), limit=4000))}", file=sys.stderr)
    return error.exit_code


def _command(options: argparse.Namespace) -> int:
    if not options.command:
        from hipaa_tui.cli.terminal import need_terminal

        need_terminal("the full-screen interface")
        from hipaa_tui.cli.launch_tui import start

        return start(options)
    module = importlib.import_module(f"hipaa_tui.cli.commands.{options.command.replace('-', '_')}")
    return int(module.run(options))


def _unexpected(error: Exception) -> int:
    from hipaa_tui.providers.model import CloudError

    if isinstance(error, CloudError):
        return said(InputError(str(error)))
    from hipaa_tui.support.crash_report import record_bug

    print(
        f"hipaa-tui: {record_bug(error)} `hipaa-tui history` shows what was done before it.", file=sys.stderr
    )
    return ExitCode.BUG
