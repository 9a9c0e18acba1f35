"""Translates database errors into sentences that the user can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from hipaa_tui.support.errors import InputError
from hipaa_tui.support.sanitize import plain

_ADVICE: Final = {
    # SQLite
    "database is locked": "another hipaa-tui process is writing; try again when it has finished",
    "disk is full": "free some space and try again; committed data is safe",
    "attempt to write a readonly database": "make the file and its folder writable for your user",
    "unable to open database file": "check that the folder exists and that you own it",
    "disk I/O error": "check the disk and its free space; committed data is safe",
    # PostgreSQL
    "could not extend file": "free some space on the server and try again; committed data is safe",
    "No space left on device": "free some space on the server and try again; committed data is safe",
    "password authentication failed": "check the user and the password (~/.pgpass or PGPASSWORD)",
    "no password supplied": "set one in ~/.pgpass or PGPASSWORD",
    "does not exist": "have the database and the role created first",
    "permission denied": "ask the database's owner for the privilege",
    "canceling statement due to lock timeout": "another hipaa-tui process is writing; try again when it has finished",
    "read-only transaction": "the server is a replica or read-only: use the primary",
    "Connection refused": "check that the server is running and listening there; committed data is safe",
    "server closed the connection": "the connection was lost; committed data is safe, try again",
    "terminating connection": "the server ended the connection; committed data is safe, try again",
    "connection timeout": "the server does not respond; committed data is safe, try again",
    "could not translate host name": "check the server's host name",
    "failed to resolve host": "check the server's host name",
}


class StoreError(InputError):
    """The store cannot be read or written at the moment. Committed data is safe."""


@contextmanager
def said_plainly(where: str = "") -> Iterator[None]:
    """A context manager: raises StoreError with a sentence for a database that is locked, full, gone or corrupt."""
    try:
        yield
    except DBAPIError as error:
        cause = plain(str(error.orig), limit=300)
        for sign, what_to_do in _ADVICE.items():
            if sign in cause:
                raise StoreError(f"the store {where or 'database'}: {cause}: {what_to_do}") from None
        if isinstance(error, DatabaseError) and ("malformed" in cause or "not a database" in cause):
            raise StoreError(
                f"the store {where or 'database'} is damaged ({cause}): keep the file as evidence, "
                "and restore a backup or set HIPAA_TUI_HOME to a new folder"
            ) from None
        if isinstance(error, OperationalError) and error.connection_invalidated:
            raise StoreError(f"the store {where or 'database'}: {cause}: the connection was lost") from None
        raise
