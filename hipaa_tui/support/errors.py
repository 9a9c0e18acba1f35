"""The ways in which the tool ends, and the one sentence that each of them owes the person.

Exit codes are part of the contract for scripts (README): see `ExitCode`.
"""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """What the process tells the script that called it."""

    DONE = 0  # done, and verified where something was changed
    BUG = 1  # our fault: a log file was written
    USAGE = 2  # bad input or usage: nothing was changed
    REFUSED = 3  # a guard, an approval, drift or read-only mode stood in the way
    INCOMPLETE = 4  # applied in part, or not verified


class HipaaTuiError(Exception):
    """A condition that the person can act on; its text is one clear sentence, never a traceback."""

    exit_code: ExitCode = ExitCode.BUG


class InputError(HipaaTuiError):
    """Bad input or usage: what is wrong, where, and what to do. Nothing was changed."""

    exit_code = ExitCode.USAGE


class RefusedError(HipaaTuiError):
    """The tool could act and chose not to: a guard, an approval, drift or read-only mode."""

    exit_code = ExitCode.REFUSED


class IncompleteError(HipaaTuiError):
    """Something was changed, and not all of it is done or verified."""

    exit_code = ExitCode.INCOMPLETE
