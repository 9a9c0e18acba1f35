"""Long-running operations, which a cloud accepts and continues after its response.

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
    """A cloud whose operations have a status that can be read."""

    def operation_ended(self, url: str) -> bool:
        """Has the operation at this URL ended, successfully or not? Raises CloudError if that cannot be read."""
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
