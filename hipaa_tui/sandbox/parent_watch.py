"""Ties a server's life to that of the process that started it, however that one ends, on every system.

    python -m hipaa_tui.sandbox.parent_watch MODULE [ARGUMENTS…]

runs MODULE as __main__ in this process. Its standard input has to be a pipe that the parent holds
open: the system closes it when the parent is gone, killed or not, and the process ends with it.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import signal
import sys
import threading


def main(arguments: list[str]) -> None:
    """Run the module that the first argument names, with the rest as its own arguments."""
    if not arguments:
        sys.exit("usage: python -m hipaa_tui.sandbox.parent_watch MODULE [ARGUMENTS…]")
    _ignore_interrupts()
    threading.Thread(target=_end_with_parent, args=(sys.stdin.fileno(),), name="parent", daemon=True).start()
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def _ignore_interrupts() -> None:
    """Ctrl-C goes to everything in the foreground of the terminal; here the parent decides what ends when."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(
        AttributeError
    ):  # Windows has no masks: there the parent starts us in a group of our own
        # A server may install a handler of its own for SIGINT; what is blocked never reaches it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _end_with_parent(handle: int) -> None:
    """Wait for the end of the pipe, then leave at once: there is nobody left to clean up for."""
    with contextlib.suppress(OSError):
        while os.read(handle, 4096):
            pass
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
