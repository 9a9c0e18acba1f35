"""A store in SQLite, with settings under which committed data survives a power failure.

BEGIN IMMEDIATE (upgrading a read lock to a write lock could fail half-way), foreign keys, a busy timeout of 30 s.
WAL with synchronous=FULL from SQLite 3.51.3 on, which fixes a corruption bug when the WAL is reset; before that, a
rollback journal with synchronous=EXTRA.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from hipaa_tui.store.errors import StoreError
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.private_files import private_folder, refuse_writable_by_others

BUSY_SECONDS: Final = 30
WAL_IS_SAFE: Final = (3, 51, 3)
NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "fuse.sshfs", "fuse.s3fs", "ceph", "glusterfs", "9p"}
)
READING: Final = "hipaa_tui_reading"
"""Execution option of read-only connections."""


def engine_of(path: Path) -> Engine:
    """An engine for the file, which is created with mode 0600 if missing. InputError if that is not possible."""
    private_folder(path.parent)
    refuse_network(path.parent)
    refuse_writable_by_others(path)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise InputError(
            f"cannot open the store {path}: {error.strerror or error}; "
            "make it writable for your user, or set HIPAA_TUI_HOME to another folder"
        ) from None
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


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
    reading = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def back_up(path: Path, copy: Path) -> None:
    """Write a consistent copy of the database, readable by its owner only. StoreError if that is not possible."""
    private_folder(copy.parent)
    try:
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            if target.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise StoreError(f"the backup {copy} is incomplete; the store was not changed")
        handle = os.open(copy, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    except (OSError, sqlite3.Error) as error:
        copy.unlink(missing_ok=True)
        raise StoreError(
            f"the store {path} has to be migrated, but its backup {copy} cannot be written ({error}): "
            "free some space there; the store was not changed"
        ) from None


def refuse_network(folder: Path, mounts: Path = Path("/proc/mounts")) -> None:
    """InputError if the folder is on a network file system, where SQLite's locks are not reliable."""
    kind = _file_system(folder, mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise InputError(
            f"{folder} is on a network file system ({kind}), where locks are not reliable: "
            "set HIPAA_TUI_HOME to a folder on a local disk, or keep the store in PostgreSQL"
        )


def _file_system(folder: Path, mounts: Path) -> str:
    """The type of a folder's file system; "" if it cannot be determined cheaply (other systems than Linux)."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    kinds: Mapping[str, str] = {
        parts[1].replace("\\040", " "): parts[2] for line in lines if len(parts := line.split(" ")) > 2
    }
    where = folder.resolve()
    for place in (where, *where.parents):
        if str(place) in kinds:
            return kinds[str(place)]
    return ""
