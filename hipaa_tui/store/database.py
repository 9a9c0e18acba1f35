"""Opens the store: SQLite in the home folder by default, or PostgreSQL for a team.

One schema for both; what differs between them is in `sqlite` and `postgresql`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, select, text

from hipaa_tui.store import migrations, postgresql, schema, sqlite
from hipaa_tui.store.errors import StoreError, said_plainly
from hipaa_tui.support.errors import InputError

__all__ = ["Store", "StoreError", "now", "open_store"]

_READING: Final = {sqlite.READING: True}


class Store:
    """An open store. Each read and each transaction opens its own short connection."""

    def __init__(self, engine: Engine, where: str = "") -> None:
        self.engine = engine
        self.where = where
        """The file, or the URL without its password, for display."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading only."""
        with said_plainly(self.where), self.engine.connect().execution_options(**_READING) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction: committed at the end of the block, rolled back on an exception. One at a time."""
        with said_plainly(self.where), self.engine.begin() as connection:
            yield connection

    def clock(self, connection: Connection) -> datetime:
        """The time that all users of the store share: the server's, or this machine's for SQLite."""
        if connection.dialect.name != "postgresql":
            return datetime.now(UTC)
        found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return found.astimezone(UTC)


def open_store(where: Path | str) -> Store:
    """The store in the file or at the PostgreSQL URL, created if missing.

    An older schema is migrated after a backup. InputError for a newer schema, another program's database or a
    damaged file.
    """
    if isinstance(where, Path):
        store = Store(sqlite.engine_of(where), str(where))
        _prepare(store, where)
        return store
    if not postgresql.is_postgresql(where):
        raise InputError(
            f"{where[:80]!r} is not a store's URL: it must be postgresql://USER@HOST:PORT/DATABASE"
        )
    store = Store(postgresql.engine_of(where), postgresql.shown(where))
    _prepare(store, None)
    return store


def _prepare(store: Store, path: Path | None) -> None:
    with store.reading() as connection:
        version = _version(connection, store.where)
    if version is not None and version > schema.VERSION:
        raise InputError(
            f"the store {store.where} has schema {version}, and this version of hipaa-tui supports {schema.VERSION}: "
            "use the newer hipaa-tui that wrote it"
        )
    if version == schema.VERSION:
        return
    if version is not None and path is not None:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        sqlite.back_up(path, path.parent / "backups" / f"{path.stem}-schema{version}-{stamp}.db")
    with store.writing() as connection:
        # Two processes may start at once: the second one to get the lock finds the schema created.
        version = _version(connection, store.where)
        if version is None:
            migrations.create(connection)
        elif version < schema.VERSION:
            if path is None:
                postgresql.back_up(connection, version, sorted(inspect(connection).get_table_names()))
            migrations.migrate(connection, version)


def _version(connection: Connection, where: str) -> int | None:
    """The schema's version, or None for an empty database. InputError for another program's database."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if {"meta", "records"} <= set(tables):
        found = connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == "schema")).scalar()
        if str(found).isdigit():
            return int(str(found))
    raise InputError(
        f"{where} belongs to another program; use another database, or set HIPAA_TUI_HOME to another folder"
    )


def now() -> str:
    """The time as the store keeps it: ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
