"""A store in PostgreSQL, for a team that shares findings and journal.

Records are appended to the hash chain one at a time: a write transaction first takes an advisory lock, as SQLite's
BEGIN IMMEDIATE takes the only write lock. The server ends idle transactions, since a stopped process would hold the
lock forever.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from hipaa_tui.store.sqlite import READING
from hipaa_tui.support.errors import InputError

SCHEMES: Final = ("postgresql://", "postgres://", "postgresql+psycopg://")
LOCK: Final = 0x48495041  # "HIPA"
"""Key of the advisory lock that every write transaction takes."""
_OPTIONS: Final = (
    "-c lock_timeout=30s -c statement_timeout=120s "
    "-c idle_in_transaction_session_timeout=30s -c synchronous_commit=on"
)


def is_postgresql(where: str) -> bool:
    return where.startswith(SCHEMES)


def engine_of(where: str) -> Engine:
    """An engine for the database; does not connect yet. InputError for an invalid URL or a missing driver."""
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
            "the store's URL is invalid: it must be postgresql://USER@HOST:PORT/DATABASE"
        ) from None
    except ImportError:
        raise InputError("the PostgreSQL driver is not installed; install hipaa-tui[postgresql]") from None
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_begin(connection: Connection) -> None:
    if connection.get_execution_options().get(READING):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def back_up(connection: Connection, version: int, tables: list[str]) -> str:
    """Copy the tables to a new schema, in the same transaction as the migration. Returns the schema's name."""
    name = f"hipaa_tui_backup_v{version}"
    connection.exec_driver_sql(f'CREATE SCHEMA "{name}"')
    for table in tables:
        connection.exec_driver_sql(f'CREATE TABLE "{name}"."{table}" AS TABLE "{table}"')
    return name


def shown(where: str) -> str:
    """The URL without its password, for display."""
    try:
        url: Any = make_url(where)
    except ArgumentError:
        return "PostgreSQL"
    return str(url.set(query={}).render_as_string(hide_password=True))
