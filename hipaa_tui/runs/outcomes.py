"""The ways in which one change of a run ends other than well."""

from __future__ import annotations

from typing import Final

from hipaa_tui.plans.model import Change
from hipaa_tui.support.json_value import Json

FAILED: Final = "change.failed"
DRIFTED: Final = "change.drifted"
ACCEPTED: Final = "change.accepted"
"""The cloud goes on with a long operation, which `operation` in the record's body is the URL of."""


class Stop(Exception):
    """Ends the change here. `kind` is the journal's word for it."""

    def __init__(self, kind: str, change: Change, reason: str, body: dict[str, Json] | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.change = change
        self.reason = reason
        self.body = body or {}


class LaidDown(Exception):
    """Ends the run for now: the session is over or the cloud is out of reach, and nothing is wrong with the plan."""
