"""Grants and ends exceptions, which are kept in the journal."""

from __future__ import annotations

from collections.abc import Callable

from hipaa_tui.journal.journal import Journal
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.redaction import redact_text
from hipaa_tui.triage import exceptions
from hipaa_tui.triage.exceptions import Excepted, Exceptions
from hipaa_tui.triage.queue import Queue


class ExceptionService:
    """The exceptions in a journal. `queue` and `name` (the user's) are called only when needed."""

    def __init__(self, journal: Journal, queue: Callable[[], Queue], name: Callable[[], str]) -> None:
        self._journal = journal
        self._queue = queue
        self._name = name

    def all(self) -> list[Excepted]:
        """Every exception ever granted, oldest first."""
        records = self._journal.of(exceptions.SUBJECT)
        return exceptions.read((record.at, record.kind, record.body) for record in records)

    def holding(self) -> Exceptions:
        """The exceptions that are valid today."""
        return Exceptions(self.all())

    def grant(self, finding: str, owner: str, until: str, reason: str) -> Excepted:
        """Except a finding until the end of a day ("2027-06-30", UTC). InputError."""
        last = exceptions.checked_until(until)
        owner, reason = redact_text(owner.strip()), redact_text(reason.strip())
        if not owner or not reason:
            raise InputError("an exception needs an owner and a reason")
        row = self._queue().row(finding)
        if row.exception is not None:
            raise InputError(
                f"{row.id} is already excepted {row.exception.told}; end that exception first "
                f"(`hipaa-tui exceptions --end {row.exception.id}`)"
            )
        granted = Excepted(
            id=exceptions.new_id(),
            finding=row.id,
            playbook=row.playbook,
            target=self._queue().target(row.id),
            resource=row.resource,
            title=row.title,
            owner=owner,
            until=last,
            reason=reason,
            by=self._name(),
            at="",
        )
        self._journal.note(exceptions.SUBJECT, exceptions.GRANTED, granted.as_json())
        return self._one(granted.id)

    def end(self, id: str) -> Excepted:
        """End an exception early. InputError if there is none with that id that has not been ended."""
        found = [one for one in self.all() if id and one.id.startswith(id) and not one.ended]
        if len(found) != 1:
            raise InputError(
                f"there is no exception {id!r} that can be ended; `hipaa-tui exceptions` lists them"
            )
        body: dict[str, Json] = {"id": found[0].id, "by": self._name()}
        self._journal.note(exceptions.SUBJECT, exceptions.ENDED, body)
        return self._one(found[0].id)

    def _one(self, id: str) -> Excepted:
        return next(one for one in self.all() if one.id == id)
