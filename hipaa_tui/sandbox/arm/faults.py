"""Makes the sandbox fail on demand, before or after the effect took place, and remembers what was asked."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from hipaa_tui.sandbox.arm.errors import ArmError, bad_content
from hipaa_tui.sandbox.arm.messages import Request, Response
from hipaa_tui.support.json_value import Json

_MOST_DELAY: Final = 60.0
"""Seconds; a test that waits longer has hung."""


@dataclass(slots=True)
class Fault:
    """A failure to come. Status 0 closes the connection without an answer; None only delays."""

    method: str
    path_contains: str
    status: int | None
    code: str
    message: str
    times: int
    after_effect: bool
    delay_seconds: float
    headers: dict[str, str]


@dataclass(slots=True)
class Faults:
    """The failures to come, in the order in which they were asked for. Thread-safe."""

    _waiting: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, wanted: Json) -> None:
        """Take a failure as the hook gets it. ArmError 400 where it is none."""
        fault = _fault(wanted)
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """No failures any more."""
        with self._lock:
            self._waiting.clear()

    def next(self, request: Request) -> Fault | None:
        """The failure that this request is to meet, which is then used up once; None for none."""
        with self._lock:
            for fault in self._waiting:
                if (
                    fault.method in {"", "*", request.method}
                    and fault.path_contains in request.target.lower()
                ):
                    fault.times -= 1
                    if fault.times < 1:
                        self._waiting.remove(fault)
                    return fault
        return None


def _fault(wanted: Json) -> Fault:
    if not isinstance(wanted, dict):
        raise bad_content("a fault is an object.")
    try:
        status = wanted.get("status")
        return Fault(
            method=str(wanted.get("method", "*")).upper(),
            path_contains=str(wanted.get("path_contains", "")).lower(),
            status=None if status is None else int(status),
            code=str(wanted.get("code", "InternalServerError")),
            message=str(wanted.get("message", "The sandbox was told to fail here.")),
            times=int(wanted.get("times", 1)),
            after_effect=bool(wanted.get("after_effect", False)),
            delay_seconds=min(max(float(wanted.get("delay_seconds", 0)), 0.0), _MOST_DELAY),
            headers={str(key): str(value) for key, value in (wanted.get("headers") or {}).items()},
        )
    except (TypeError, ValueError, AttributeError):
        raise bad_content(
            "status and times are integers, delay_seconds is a number, headers an object."
        ) from None


def wait(fault: Fault) -> None:
    """Let the fault's delay pass. Not to be called while holding the estate's lock."""
    if fault.delay_seconds:
        time.sleep(fault.delay_seconds)


def answer(fault: Fault) -> Response:
    """What the fault answers instead of the truth."""
    error = ArmError(fault.status or 0, fault.code, fault.message)
    return Response(error.status, error.body(), dict(fault.headers))


@dataclass(slots=True)
class Log:
    """Every request since the start, newest last. Thread-safe."""

    _entries: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, request: Request, status: int, oid: str) -> None:
        """Note one answered request; `path` is with its query, as it was sent."""
        with self._lock:
            self._entries.append(
                {
                    "method": request.method,
                    "path": request.target,
                    "api_version": request.api_version,
                    "status": status,
                    "body": request.body,
                    "oid": oid,
                }
            )

    def entries(self) -> list[dict[str, Any]]:
        """A copy of the log."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._entries.clear()
