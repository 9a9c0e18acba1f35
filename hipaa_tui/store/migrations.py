"""Numbered migrations of an older store to the current schema, each in one transaction.

A migration only adds. It never rewrites a record, since the hash chain covers the records' exact bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from hipaa_tui.store import schema


def _leases(connection: Connection) -> None:
    """Schema 2 adds leases. A run in progress gets one for every resource of its plan."""
    schema.leases.create(connection)
    running = select(schema.runs.c.id).where(schema.runs.c.state == "running").order_by(schema.runs.c.started)
    taken: set[str] = set()
    for (run,) in connection.execute(running).all():
        first = select(schema.records.c.body).where(schema.records.c.run == run)
        body = connection.execute(first.order_by(schema.records.c.seq).limit(1)).scalar_one()
        for resource, name in _resources(json.loads(body)["body"]["plan"]):
            if resource not in taken:
                taken.add(resource)
                connection.execute(insert(schema.leases).values(resource=resource, name=name, run=run))


def _resources(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Key and name of each resource, as schema 2 stores them."""
    for change in plan["changes"]:
        target = change["target"]
        if target["provider"] == "azure":
            where = target["id"].lower()
        elif target["id"].startswith("arn:"):
            where = target["id"]
        else:
            where = f"{target['account']}|{target['region']}|{target['id']}"
        yield f"{target['type']}|{where}", target["name"]


STEPS: Final[Mapping[int, Callable[[Connection], None]]] = {2: _leases}
"""The migrations by the version that they lead to, from 2 to the current one."""


def create(connection: Connection) -> None:
    """Create all tables in an empty database."""
    schema.metadata.create_all(connection)
    postgresql = connection.dialect.name == "postgresql"
    for statement in schema.POSTGRESQL_GUARDS if postgresql else schema.SQLITE_GUARDS:
        connection.exec_driver_sql(statement)
    connection.execute(insert(schema.meta).values(key="schema", value=str(schema.VERSION)))


def migrate(connection: Connection, version: int) -> None:
    """Migrate from `version` to the current one."""
    for step in range(version + 1, schema.VERSION + 1):
        STEPS[step](connection)
    connection.execute(
        update(schema.meta).where(schema.meta.c.key == "schema").values(value=str(schema.VERSION))
    )
