"""What the commands know about the terminal: is there one, how to show progress, how to ask."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable, Sequence

from hipaa_tui.support.errors import InputError, RefusedError
from hipaa_tui.support.sanitize import plain

SLOW_SECONDS = 0.5
"""After this long a person wants to see that something happens."""


def has_terminal() -> bool:
    """Can we ask a question and be answered by a person?"""
    return sys.stdin.isatty() and sys.stdout.isatty()


def need_terminal(what: str) -> None:
    """InputError where there is no terminal."""
    if not has_terminal():
        raise InputError(
            f"{what} needs a terminal and there is none here; use the commands instead: `hipaa-tui --help`"
        )


class LineProgress:
    """One line on stderr that says how far it is, where stderr is a terminal; else silence."""

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
        """Take the line away."""
        if self._on and self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)
            self._width = 0


def say(text: str = "") -> None:
    """A line of our own words and cloud text on stdout, without control characters."""
    print(plain(text, limit=20_000))


def narrate(text: str) -> None:
    """A line on stderr: stdout is for data."""
    print(plain(text, limit=20_000), file=sys.stderr)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns, as wide as their content, the last one cut at the terminal's edge."""
    lines = [list(heads), *([plain(str(cell), limit=400) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    room = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 0
    for line in lines:
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        print(text[: room - 1] + "…" if room and len(text) > room else text)


def ask_reach(number: int, reason: str) -> int:
    """Have the number of resources typed. RefusedError for another one."""
    if not has_terminal():
        raise RefusedError(f"{reason}: say that you mean it with --reach {number}; nothing was changed")
    if input(f"{plain(reason)}. Type the number of resources: ").strip() != str(number):
        raise RefusedError("the number was not typed; nothing was changed")
    return number


def confirm(question: str, *, irreversible: Sequence[str], names: Sequence[str]) -> None:
    """Ask for a yes, and for the name of everything that cannot be undone. RefusedError for anything else."""
    for name in irreversible:
        if name in names:
            continue
        if not has_terminal():
            raise RefusedError(f"{name} cannot be changed back: confirm it with --confirm {name}")
        if input(f"This cannot be undone. Type the name of the resource ({plain(name)}): ").strip() != name:
            raise RefusedError("the name was not typed; nothing was changed")
    if not has_terminal():
        raise RefusedError("there is no terminal to ask on; say --yes to apply; nothing was changed")
    if input(f"{question} Type yes: ").strip().lower() != "yes":
        raise RefusedError("not approved; nothing was changed")
