"""Keeps a run's lease while a slow call or a wait lasts longer than the lease does."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import FencedError
from hipaa_tui.support.errors import HipaaTuiError


class Heartbeat:
    """Renews the lease several times within its span, from a thread of its own, for the time of the block.

    It decides nothing: whether the run is still this worker's is asked before every call. A process that is
    stopped stops its heartbeat too, which is how others learn of it.
    """

    def __init__(self, journal: Journal, run: str) -> None:
        self._journal = journal
        self._run = run
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease of {run}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(self._journal.lease.total_seconds() / 4):
            try:
                self._journal.hold(self._run)
            except FencedError:
                return
            except HipaaTuiError:
                continue  # a store that is busy now may not be a moment later
