"""The states of a run, and the error of a worker that lost its run."""

from __future__ import annotations

import enum

from hipaa_tui.support.errors import IncompleteError


class FencedError(IncompleteError):
    """Another worker has taken over the run: this one must not write any more."""


class RunState(enum.StrEnum):
    """The state of a run. The values are part of the contract for scripts (README)."""

    RUNNING = "running"
    DONE = "done"  # every change applied or skipped, and verified
    UNVERIFIED = "unverified"  # all written, but not every fresh look confirms it
    PARTIAL = "partial"  # stopped after at least one write
    STOPPED = "stopped"  # nothing is changed: stopped before any write, or what was written was put back
    INTERRUPTED = "interrupted"  # nobody runs it any more: resume it or roll it back
