"""Exceptions (accepted risks): findings that are left as they are until a day, with an owner and a reason.

They are kept in the journal. An exception covers a finding and whatever other scanners report on the same resource
for the same playbook.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json

SUBJECT: Final = "exceptions"
"""The journal's subject for exceptions."""
GRANTED: Final = "exception.granted"
ENDED: Final = "exception.ended"


@dataclass(frozen=True, slots=True)
class Excepted:
    """One exception, valid through the whole of its last day in UTC."""

    id: str
    finding: str
    playbook: str
    target: str
    resource: str
    title: str
    owner: str
    until: date
    reason: str
    by: str
    at: str
    ended: str = ""

    def holds(self, day: date) -> bool:
        return not self.ended and day <= self.until

    @property
    def told(self) -> str:
        """For display, after "excepted": owner, last day and reason."""
        return f"by {self.owner} until {self.until.isoformat()}: {self.reason}"

    @property
    def state(self) -> str:
        """active, ended or over."""
        return "ended" if self.ended else "active" if self.holds(today()) else "over"

    def as_json(self) -> dict[str, Json]:
        """The JSON of the contract for scripts, and of the journal's record."""
        return {
            "id": self.id,
            "finding": self.finding,
            "playbook": self.playbook,
            "target": self.target,
            "resource": self.resource,
            "title": self.title,
            "owner": self.owner,
            "until": self.until.isoformat(),
            "reason": self.reason,
            "by": self.by,
            "at": self.at,
            "ended": self.ended,
        }


class Exceptions:
    """The exceptions that are valid today, by finding and by resource."""

    def __init__(self, all_of_them: Sequence[Excepted] = ()) -> None:
        now = today()
        holding = [one for one in all_of_them if one.holds(now)]
        self._findings = {one.finding: one for one in holding}
        self._targets = {(one.playbook, one.target): one for one in holding if one.playbook and one.target}

    def of(self, finding: str, playbook: str = "", target: str = "") -> Excepted | None:
        """The exception for a finding, or for its playbook on its resource."""
        return self._findings.get(finding) or self._targets.get((playbook, target))

    def __bool__(self) -> bool:
        return bool(self._findings)


def today() -> date:
    """Today in UTC, by which exceptions expire."""
    return datetime.now(UTC).date()


def new_id() -> str:
    return f"x{secrets.token_hex(4)}"


def checked_until(text: str) -> date:
    """The last day of an exception. InputError if the text is not a date from today on."""
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None:
        raise InputError(f"{text!r} is not a date such as 2027-06-30")
    if found < today():
        raise InputError(f"{text} is in the past; give a later day")
    return found


def read(records: Iterable[tuple[str, str, Mapping[str, Json]]]) -> list[Excepted]:
    """All exceptions, oldest first, from the journal's (time, kind, body)."""
    found: dict[str, Excepted] = {}
    for at, kind, body in records:
        if kind == GRANTED:
            names = ("id", "finding", "playbook", "target", "resource", "title", "owner", "reason", "by")
            texts = {name: str(body.get(name, "")) for name in names}
            one = Excepted(**texts, until=date.fromisoformat(str(body["until"])), at=at)
            found[one.id] = one
        elif kind == ENDED and str(body.get("id")) in found:
            id = str(body["id"])
            found[id] = replace(found[id], ended=at)
    return list(found.values())
