"""Fills both local clouds at once, because a person waits for it at the start of the demo."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from hipaa_tui.providers.model import Cancelled, Clouds, Progress, Silent
from hipaa_tui.sandbox import estate_aws, estate_azure


def seed_all(clouds: Clouds, progress: Progress | None = None) -> None:
    """Build both estates in empty clouds. Raises CloudError, or Cancelled where `progress` asks to stop."""
    progress = progress or Silent()
    total = len(estate_aws.PARTS) + len(estate_azure.PARTS)
    begun: SimpleQueue[str | None] = SimpleQueue()
    stopped = threading.Event()

    def step(what: str) -> None:
        if stopped.is_set():
            raise Cancelled
        begun.put(what)

    def build(provider: str, seed: Callable[..., None]) -> None:
        try:
            seed(clouds[provider], step)
        except BaseException:
            stopped.set()  # half an estate is of no use, so the other half need not go on
            raise
        finally:
            begun.put(None)

    with ThreadPoolExecutor(2, thread_name_prefix="seed") as pool:
        builds = [
            pool.submit(build, "aws", estate_aws.seed),
            pool.submit(build, "azure", estate_azure.seed),
        ]
        try:
            # Progress is told from this thread: whoever shows it need not be safe between threads.
            done, under_way = 0, len(builds)
            while under_way:
                what = begun.get()
                if what is None:
                    under_way -= 1
                else:
                    progress.step(done, total, what)
                    done += 1
        except BaseException:
            stopped.set()
            raise
    _raise_first(builds)
    progress.step(total, total, "ready")


def _raise_first(builds: list[Future[None]]) -> None:
    """The reason why a build failed, rather than that the other one then stopped too."""
    errors = [error for one in builds if (error := one.exception()) is not None]
    for error in sorted(errors, key=lambda one: isinstance(one, Cancelled)):
        raise error
