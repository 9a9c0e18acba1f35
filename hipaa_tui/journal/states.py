"""How a run stands in the journal, and the error of a worker that lost its run."""

from __future__ import annotations

import enum

from hipaa_tui.support.errors import IncompleteError


class FencedError(IncompleteError):
    """Another worker has the run: this one must not write, and says what it may have written last."""


class RunState(enum.StrEnum):
    """How a run stands."""

    RUNNING = "running"
    DONE = "done"  # every change applied or skipped, and verified
    UNVERIFIED = "unverified"  # all written, but not every fresh look confirms it
    PARTIAL = "partial"  # stopped after at least one write
    STOPPED = "stopped"  # nothing is changed: stopped before any write, or what was written was put back
    INTERRUPTED = "interrupted"  # nobody runs it any more: resume it or roll it back
