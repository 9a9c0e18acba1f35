"""The tables and their triggers, for both dialects."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text

VERSION: Final = 2
"""The schema's version. A store with a later one is refused; one with an earlier one is migrated after a backup."""

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_strict=True,
)

findings = Table(
    "findings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("sources", Text, nullable=False),
    Column("playbook", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("controls", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("first_seen", Text, nullable=False),
    Column("last_seen", Text, nullable=False),
    Index("findings_by_priority", "state", "priority"),
    Index("findings_by_target", "playbook", "target"),
    sqlite_strict=True,
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("of_run", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("ended", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("beat", Text, nullable=False),
    Column("note", Text, nullable=False),
    sqlite_strict=True,
)

leases = Table(
    "leases",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("run", Text, ForeignKey("runs.id"), nullable=False, index=True),
    sqlite_strict=True,
)
"""Leases: which run may write to a resource. One run at a time, from its start to its end."""

records = Table(
    "records",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("run", Text, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    sqlite_strict=True,
)

SQLITE_GUARDS: Final = (
    "CREATE TRIGGER records_are_never_edited BEFORE UPDATE ON records "
    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    "CREATE TRIGGER records_are_never_removed BEFORE DELETE ON records "
    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
)
POSTGRESQL_GUARDS: Final = (
    "CREATE FUNCTION hipaa_tui_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$",
    "CREATE TRIGGER records_are_append_only BEFORE UPDATE OR DELETE ON records "
    "FOR EACH ROW EXECUTE FUNCTION hipaa_tui_append_only()",
    "CREATE TRIGGER records_are_never_truncated BEFORE TRUNCATE ON records "
    "FOR EACH STATEMENT EXECUTE FUNCTION hipaa_tui_append_only()",
)
"""The triggers protect against accidents. Against an attacker who can write the file there is the hash chain."""
