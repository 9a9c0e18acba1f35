"""Renews a run's lease during slow calls and waits."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import FencedError
from hipaa_tui.support.errors import HipaaTuiError


class Heartbeat:
    """Renews the lease from a thread during the block, several times within the lease's duration.

    It decides nothing: whether the run is still this worker's is checked before every call. A stopped process sends no
    heartbeats, so others notice.
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
