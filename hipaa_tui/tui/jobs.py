"""Background jobs: slow work runs in a thread and reports by messages, so that no thread touches a widget.

The workbench serves one thread at a time: jobs wait for a lock that the application holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from textual.message import Message
from textual.widget import Widget

from hipaa_tui.providers.model import Cancelled, CloudError, Progress
from hipaa_tui.support.errors import HipaaTuiError
from hipaa_tui.support.redaction import redact_text

T = TypeVar("T")


class Job(Generic[T]):
    """One job for `owner`, which receives its messages. The job is also the Progress that the work reports to."""

    class Stepped(Message, bubble=False):
        """The progress changed. Steps that arrive faster than the screen reads them are dropped."""

        def __init__(self, job: Job[Any]) -> None:
            super().__init__()
            self.job = job

        def take(self) -> tuple[int, int, str]:
            """The latest (done, total, what)."""
            self.job.unread = False  # before the look: what comes after it is announced again
            return self.job.latest

    class Finished(Message, bubble=False):
        def __init__(self, job: Job[Any], result: Any) -> None:
            super().__init__()
            self.job, self.result = job, result

    class Stopped(Message, bubble=False):
        """The work ended because `stop` was called."""

        def __init__(self, job: Job[Any]) -> None:
            super().__init__()
            self.job = job

    class Failed(Message, bubble=False):
        """`sentence` is for the user; `bug` is the exception if it is an internal error."""

        def __init__(self, job: Job[Any], sentence: str, bug: Exception | None) -> None:
            super().__init__()
            self.job, self.sentence, self.bug = job, sentence, bug

        def explanation(self) -> str:
            """The sentence to show. The traceback of an internal error is written to a log file first."""
            if self.bug is None:
                return self.sentence
            from hipaa_tui.support.crash_report import record_bug

            return record_bug(self.bug)

    def __init__(
        self,
        owner: Widget,
        lock: threading.Lock,
        work: Callable[[Progress], T],
        *,
        writes: bool = False,
    ) -> None:
        self.writes = writes
        self._owner = owner
        self._lock = lock
        self._work = work
        self._stop = threading.Event()
        self.latest = (0, 0, "")
        self.unread = False
        self.running = False

    def start(self) -> None:
        self.running = True
        self._owner.run_worker(self._run, thread=True, exit_on_error=False)

    def stop(self) -> None:
        """Ask the work to stop at its next safe point."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def step(self, done: int, total: int, what: str) -> None:
        """Called by the core, in the job's thread."""
        if self._stop.is_set():
            raise Cancelled
        self.latest = (done, total, what)
        if not self.unread:
            self.unread = True
            self._owner.post_message(self.Stepped(self))

    def _run(self) -> None:
        message: Message
        try:
            with self._lock:
                self.step(0, 0, "")  # may have been stopped while it waited
                message = self.Finished(self, self._work(self))
        except Cancelled:
            message = self.Stopped(self)
        except (HipaaTuiError, CloudError) as error:
            message = self.Failed(self, redact_text(str(error)), None)
        except Exception as error:  # the edge of the core: a bug is told, and never shown as a traceback
            message = self.Failed(self, "", error)
        self.running = False
        self._owner.post_message(message)
