"""Terminal helpers of the commands: detection, progress, tables, questions."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable, Sequence

from hipaa_tui.support.errors import InputError, RefusedError
from hipaa_tui.support.sanitize import plain

SLOW_SECONDS = 0.5
"""Progress is shown only after this many seconds."""


def has_terminal() -> bool:
    """Are both stdin and stdout a terminal, so that a person can answer a question?"""
    return sys.stdin.isatty() and sys.stdout.isatty()


def need_terminal(what: str) -> None:
    """Raise InputError if there is no terminal. `what` names the feature that needs one."""
    if not has_terminal():
        raise InputError(f"{what} needs a terminal; without one, use the other commands (`hipaa-tui --help`)")


class LineProgress:
    """A progress line on stderr if stderr is a terminal, else nothing."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._start = time.monotonic()
        self._shown = 0.0
        self._width = 0

    def step(self, done: int, total: int, what: str) -> None:
        now = time.monotonic()
        if not self._on or now - self._start < SLOW_SECONDS or now - self._shown < 0.1:
            return
        self._shown = now
        count = f"{done}/{total} " if total else f"{done} " if done else ""
        line = plain(f"{count}{what}", limit=max(20, shutil.get_terminal_size().columns - 2))
        print("\r" + line.ljust(self._width), end="", file=sys.stderr, flush=True)
        self._width = len(line)

    def clear(self) -> None:
        """Erase the line."""
        if self._on and self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)
            self._width = 0


def say(text: str = "") -> None:
    """Print a line to stdout without control characters: it may quote text from a cloud or a file."""
    print(plain(text, limit=20_000))


def narrate(text: str) -> None:
    """Print a line to stderr: stdout is for data."""
    print(plain(text, limit=20_000), file=sys.stderr)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns as wide as their content; lines are cut at the terminal's width."""
    lines = [list(heads), *([plain(str(cell), limit=400) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    room = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 0
    for line in lines:
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        print(text[: room - 1] + "…" if room and len(text) > room else text)


def ask_reach(number: int, reason: str) -> int:
    """Have the user type the number of resources. Returns it; RefusedError for any other answer."""
    if not has_terminal():
        raise RefusedError(f"{reason}: confirm with --reach {number}; nothing was changed")
    if input(f"{plain(reason)}. Type the number of resources: ").strip() != str(number):
        raise RefusedError("the number did not match; nothing was changed")
    return number


def confirm(question: str, *, irreversible: Sequence[str], names: Sequence[str]) -> None:
    """Ask for a yes, and for the name of each `irreversible` resource that is not in `names`. RefusedError otherwise."""
    for name in irreversible:
        if name in names:
            continue
        if not has_terminal():
            raise RefusedError(
                f"the change to {name} cannot be undone: confirm with --confirm {name}; nothing was changed"
            )
        if (
            input(f"This cannot be undone. Type the resource's name ({plain(name)}) to confirm: ").strip()
            != name
        ):
            raise RefusedError("the name did not match; nothing was changed")
    if not has_terminal():
        raise RefusedError("confirmation needs a terminal; without one, use --yes; nothing was changed")
    if input(f"{question} Type yes: ").strip().lower() != "yes":
        raise RefusedError("not approved; nothing was changed")
