"""Runs one of the user's programs (a hook, git, gh, az) with a time limit and without a terminal.

Its output is untrusted: only the end is kept, and it is sanitized before it is shown.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hipaa_tui.providers.model import Progress
from hipaa_tui.support.errors import InputError

_KEPT: Final = 64 * 1024
"""Bytes of what a program printed that are read."""


def run(
    command: Sequence[str],
    folder: Path,
    progress: Progress,
    what: str,
    *,
    seconds: float,
    env: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """(exit code, the end of what it printed). InputError where it cannot be run or takes too long; Cancelled.

    The program and what it started are gone in each case.
    """
    until = time.monotonic() + seconds
    with tempfile.TemporaryFile() as sink:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(os.environ if env is None else env),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise InputError(f"{what} cannot be run: {error.strerror or error}") from None
        try:
            while True:
                try:
                    process.wait(0.05)
                    break
                except subprocess.TimeoutExpired:
                    progress.step(0, 0, what)
                if time.monotonic() > until:
                    raise InputError(f"{what} took longer than {seconds:.0f} s and was stopped")
        finally:
            if process.poll() is None:
                _end(process)
        size = sink.seek(0, os.SEEK_END)
        sink.seek(max(0, size - _KEPT))
        return process.returncode, sink.read().decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        pass
    process.wait(10)
