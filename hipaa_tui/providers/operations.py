"""Long operations: what a cloud accepted and goes on with after it has answered.

A cloud tells whoever listens where such an operation can be asked after, while the call is still under way. A run puts
that on record, so that whoever resumes it waits for the operation instead of sending the request again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, runtime_checkable

_LISTENER: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


@runtime_checkable
class Following(Protocol):
    """A cloud whose operations can be asked after."""

    def operation_ended(self, url: str) -> bool:
        """Has the operation at this URL ended, well or not? Raises CloudError where that cannot be told."""
        ...


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """For the calls that this thread makes in the block: `listener` is given the URL of each operation that begins."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def accepted(url: str) -> None:
    """Called by a cloud: an operation has begun that can be asked after at this URL."""
    listener = _LISTENER.get()
    if listener is not None:
        listener(url)
