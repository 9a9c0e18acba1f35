"""PostgreSQL, for a team whose runs must see each other.

Appending to the hash chain is one after the other: a write transaction begins by taking one advisory
lock, as SQLite's BEGIN IMMEDIATE takes the only write lock. A process that is stopped inside of a
transaction would hold it for ever, so the server ends a transaction that idles.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from hipaa_tui.store.sqlite import READING
from hipaa_tui.support.errors import InputError

SCHEMES: Final = ("postgresql://", "postgres://", "postgresql+psycopg://")
LOCK: Final = 0x48495041  # "HIPA"
"""The advisory lock of every writer of a store."""
_OPTIONS: Final = (
    "-c lock_timeout=30s -c statement_timeout=120s "
    "-c idle_in_transaction_session_timeout=30s -c synchronous_commit=on"
)


def is_postgresql(where: str) -> bool:
    return where.startswith(SCHEMES)


def engine_of(where: str) -> Engine:
    """An engine on that database; nothing is sent yet. InputError for a wrong URL or a missing driver."""
    try:
        url = make_url(where).set(drivername="postgresql+psycopg")
        given = str(url.query.get("options", ""))
        engine = create_engine(
            url.difference_update_query(["options"]),
            pool_size=2,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            connect_args={"connect_timeout": 10, "options": f"{_OPTIONS} {given}".strip()},
        )
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise InputError(
            "the store's URL cannot be read: write postgresql://USER@HOST:PORT/DATABASE"
        ) from None
    except ImportError:
        raise InputError(
            "a store in PostgreSQL needs a driver that is not installed; install hipaa-tui[postgresql]"
        ) from None
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_begin(connection: Connection) -> None:
    if connection.get_execution_options().get(READING):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def back_up(connection: Connection, version: int, tables: list[str]) -> str:
    """Copies of the tables in a schema of their own, in the same transaction as the migration. Its name."""
    name = f"hipaa_tui_backup_v{version}"
    connection.exec_driver_sql(f'CREATE SCHEMA "{name}"')
    for table in tables:
        connection.exec_driver_sql(f'CREATE TABLE "{name}"."{table}" AS TABLE "{table}"')
    return name


def shown(where: str) -> str:
    """The URL as it may be shown: without its password."""
    try:
        url: Any = make_url(where)
    except ArgumentError:
        return "PostgreSQL"
    return str(url.set(query={}).render_as_string(hide_password=True))
