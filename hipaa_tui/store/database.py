"""Opens the store so that what was committed stays committed, or says in one sentence why it cannot.

SQLite: BEGIN IMMEDIATE (no upgrade from a read to a write lock that could fail half-way), foreign
keys, a busy time-out of 30 s; WAL with synchronous=FULL from SQLite 3.51.3 on, which mends a bug that
could corrupt a database when the WAL is reset, and the rollback journal with synchronous=EXTRA before.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

from hipaa_tui.errors import InputError
from hipaa_tui.files import private_folder
from hipaa_tui.store import schema

BUSY_SECONDS: Final = 30
WAL_IS_SAFE: Final = (3, 51, 3)
NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "fuse.sshfs", "fuse.s3fs", "ceph", "glusterfs", "9p"}
)
_READING: Final = "hipaa_tui_reading"


class Store:
    """An open store. Connections are short: each read and each transaction takes its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading; writing through it is a bug."""
        with _said_plainly(), self.engine.connect() as connection:
            yield connection.execution_options(**{_READING: True})

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, rolled back by an exception."""
        with _said_plainly(), self.engine.begin() as connection:
            yield connection


def open_store(path: Path) -> Store:
    """The store in that file, made where there is none. InputError where it cannot be trusted."""
    private_folder(path.parent)
    _refuse_network(path.parent)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise InputError(f"cannot open the store {path}: {error.strerror or error}") from None
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    store = Store(engine)
    with _said_plainly(path):
        _prepare(store, path)
    return store


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _on_begin, not by the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    if sqlite3.sqlite_version_info >= WAL_IS_SAFE:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
    else:
        cursor.execute("PRAGMA journal_mode=DELETE")
        cursor.execute("PRAGMA synchronous=EXTRA")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _prepare(store: Store, path: Path) -> None:
    with store.engine.connect().execution_options(**{_READING: True}) as connection:
        there = connection.exec_driver_sql(
            "SELECT 1 FROM sqlite_master WHERE type='table' AND name='meta'"
        ).first()
        version = (
            connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == "schema")).scalar()
            if there
            else None
        )
        foreign = not there and connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").first()
    if foreign:
        raise InputError(f"{path} is a database of something else; set HIPAA_TUI_HOME to another folder")
    if version is None:
        _create(store)
    elif int(version) > schema.VERSION:
        raise InputError(
            f"the store {path} has schema {version} and this version of hipaa-tui knows {schema.VERSION}: "
            "use the newer hipaa-tui that wrote it"
        )


def _create(store: Store) -> None:
    with store.engine.begin() as connection:
        # Two processes may start at once: whoever has the lock second finds the tables there.
        if connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name='meta'").first():
            return
        schema.metadata.create_all(connection)
        for statement in schema.SQLITE_GUARDS:
            connection.exec_driver_sql(statement)
        connection.execute(insert(schema.meta).values(key="schema", value=str(schema.VERSION)))


@contextmanager
def _said_plainly(path: Path | None = None) -> Iterator[None]:
    """A database that is locked, full, read-only or corrupt is the person's to mend: say which."""
    try:
        yield
    except OperationalError as error:
        cause = str(error.orig)
        advice = {
            "database is locked": "another hipaa-tui is writing; try again when it is done",
            "disk is full": "make room and try again; what was committed is safe",
            "attempt to write a readonly database": "make the file writable for you",
            "unable to open database file": "check that the folder exists and is yours",
            "disk I/O error": "check the disk; what was committed is safe",
        }
        for sign, what_to_do in advice.items():
            if sign in cause:
                raise InputError(f"the store {_of(path)}: {cause}: {what_to_do}") from None
        raise
    except DatabaseError as error:
        cause = str(error.orig)
        if "malformed" in cause or "not a database" in cause:
            raise InputError(
                f"the store {_of(path)} is damaged ({cause}): keep the file for the record, "
                "and put a backup in its place or set HIPAA_TUI_HOME to a new folder"
            ) from None
        raise


def _of(path: Path | None) -> str:
    return str(path) if path else "database"


def _refuse_network(folder: Path) -> None:
    """SQLite's locks do not hold on network file systems. InputError where the folder is on one."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return  # not Linux: there is no cheap way to know
    best, kind = "", ""
    where = str(folder.resolve())
    for line in mounts:
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        inside = where == point or where.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, parts[2]
    if kind in NETWORK_FILE_SYSTEMS:
        raise InputError(
            f"{folder} is on a network file system ({kind}), where locks are not reliable: "
            "set HIPAA_TUI_HOME to a folder on a local disk"
        )


def now() -> str:
    """The time as the store keeps it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
