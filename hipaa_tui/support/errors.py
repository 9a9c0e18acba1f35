"""The exit codes and the errors that end a command, each with one sentence for the user.

Exit codes are part of the contract for scripts (README): see `ExitCode`.
"""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """The exit codes of the contract for scripts (README)."""

    DONE = 0  # done, and verified where something was changed
    BUG = 1  # our fault: a log file was written
    USAGE = 2  # bad input or usage: nothing was changed
    REFUSED = 3  # a guard, an approval, drift or read-only mode stood in the way
    INCOMPLETE = 4  # applied in part, or not verified


class HipaaTuiError(Exception):
    """An error that the user can act on; its text is one clear sentence."""

    exit_code: ExitCode = ExitCode.BUG


class InputError(HipaaTuiError):
    """Invalid input or usage: what is wrong, where, and what to do. Nothing was changed."""

    exit_code = ExitCode.USAGE


class RefusedError(HipaaTuiError):
    """Refused by a guard, the policy, drift or read-only mode. Nothing was changed."""

    exit_code = ExitCode.REFUSED


class IncompleteError(HipaaTuiError):
    """Something was changed, but not everything is done or verified."""

    exit_code = ExitCode.INCOMPLETE
