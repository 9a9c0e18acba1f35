"""The exceptions with which a change ends if it is not made."""

from __future__ import annotations

from typing import Final

from hipaa_tui.plans.model import Change
from hipaa_tui.support.json_value import Json

FAILED: Final = "change.failed"
DRIFTED: Final = "change.drifted"
ACCEPTED: Final = "change.accepted"
"""A long-running operation is in progress; `operation` in the record's body is its URL."""


class Stop(Exception):
    """Ends the change. `kind` is the kind of the journal's record."""

    def __init__(self, kind: str, change: Change, reason: str, body: dict[str, Json] | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.change = change
        self.reason = reason
        self.body = body or {}


class LaidDown(Exception):
    """Pauses the run: the session has expired or the cloud is unreachable, but nothing is wrong with the plan."""
