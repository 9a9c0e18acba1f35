"""Errors after which the same request succeeds later: a resource is busy, or something just created is not replicated yet.

Each provider has its own table of them, with the page that documents each. A run waits them out
(`hipaa_tui.runs.change_executor`); a conflict that only a person can resolve (a name that is taken, a quota) is in no table.
"""

from __future__ import annotations

import email.utils
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_MILLISECONDS: Final = ("x-amz-retry-after", "retry-after-ms", "x-ms-retry-after-ms")
"""Headers with the time in milliseconds, if there is no Retry-After."""


@dataclass(frozen=True, slots=True)
class Retryable:
    """One kind of such an error.

    `codes` are the service's error codes. `service` is botocore's name or the ARM resource provider ("" for any), `says`
    a pattern that the message has to hold and `unless` one that it must not hold, where a code means several things.
    """

    codes: tuple[str, ...]
    why: str
    """The reason for the wait, for display: "another operation on it is in progress"."""
    source: str
    """The URL of its documentation."""
    service: str = ""
    says: str = ""
    unless: str = ""
    new: bool = False
    """Wait only if this run has just created what the request names."""
    refused: bool = True
    """The request was rejected and certainly had no effect."""

    def matches(self, service: str, code: str, message: str) -> bool:
        return (
            code in self.codes
            and (not self.service or self.service.lower() == service.lower())
            and (not self.says or re.search(self.says, message, re.IGNORECASE) is not None)
            and (not self.unless or re.search(self.unless, message, re.IGNORECASE) is None)
        )


def find(table: Sequence[Retryable], service: str, code: str, message: str) -> Retryable | None:
    """The table's entry for this error; None if waiting does not help."""
    return next((entry for entry in table if entry.matches(service, code, message)), None)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds that an answer asks to wait (RFC 9110, 10.2.3: a number or a date); None where it asks for nothing.

    A date is held against the answer's own Date where it has one, since this machine's clock may be wrong.
    """
    found = {name.lower(): value.strip() for name, value in headers.items()}
    text = found.get("retry-after", "")
    if text:
        seconds = _number(text)
        if seconds is not None:
            return seconds
        until = _date(text)
        if until is not None:
            at = _date(found.get("date", "")) or now or datetime.now(UTC)
            return max(0.0, (until - at).total_seconds())
    for name in _MILLISECONDS:
        milliseconds = _number(found.get(name, ""))
        if milliseconds is not None:
            return milliseconds / 1000
    return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _date(text: str) -> datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
