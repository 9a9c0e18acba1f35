"""Turns what a database says into a sentence that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from hipaa_tui.support.errors import InputError
from hipaa_tui.support.sanitize import plain

_ADVICE: Final = {
    # SQLite
    "database is locked": "another hipaa-tui is writing; try again when it is done",
    "disk is full": "make room and try again; what was committed is safe",
    "attempt to write a readonly database": "make the file and its folder writable for you",
    "unable to open database file": "check that the folder exists and is yours",
    "disk I/O error": "check the disk and its free space; what was committed is safe",
    # PostgreSQL
    "could not extend file": "make room on the server and try again; what was committed is safe",
    "No space left on device": "make room on the server and try again; what was committed is safe",
    "password authentication failed": "check the user and the password (~/.pgpass or PGPASSWORD)",
    "no password supplied": "give one in ~/.pgpass or PGPASSWORD",
    "does not exist": "have the database and the role made first",
    "permission denied": "have the owner of the database grant it",
    "canceling statement due to lock timeout": "another hipaa-tui is writing; try again when it is done",
    "read-only transaction": "the server is a replica or read-only: name the primary",
    "Connection refused": "check that the server runs and listens there; what was committed is safe",
    "server closed the connection": "the connection was lost; what was committed is safe, try again",
    "terminating connection": "the server ended the connection; what was committed is safe, try again",
    "connection timeout": "the server does not answer; what was committed is safe, try again",
    "could not translate host name": "check the server's name",
    "failed to resolve host": "check the server's name",
}


class StoreError(InputError):
    """The store cannot be read or written just now. What was committed is safe."""


@contextmanager
def said_plainly(where: str = "") -> Iterator[None]:
    """A database that is locked, full, read-only, gone or corrupt is the person's to mend: say which."""
    try:
        yield
    except DBAPIError as error:
        cause = plain(str(error.orig), limit=300)
        for sign, what_to_do in _ADVICE.items():
            if sign in cause:
                raise StoreError(f"the store {where or 'database'}: {cause}: {what_to_do}") from None
        if isinstance(error, DatabaseError) and ("malformed" in cause or "not a database" in cause):
            raise StoreError(
                f"the store {where or 'database'} is damaged ({cause}): keep the file for the record, "
                "and put a backup in its place or set HIPAA_TUI_HOME to a new folder"
            ) from None
        if isinstance(error, OperationalError) and error.connection_invalidated:
            raise StoreError(f"the store {where or 'database'}: {cause}: the connection was lost") from None
        raise
