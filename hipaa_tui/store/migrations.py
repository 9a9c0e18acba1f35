"""Numbered steps that bring an older store to this version's schema, each inside one transaction.

A migration adds; it never rewrites a record, since the hash chain stands on their very bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from hipaa_tui.store import schema


def _leases(connection: Connection) -> None:
    """2: which run may write to a resource. A run that was under way keeps hold of all of its plan's."""
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
    """Key and name of each resource, as schema 2 began to keep them."""
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
"""By the version that the step leads to; every version from 2 to the present one has its step."""


def create(connection: Connection) -> None:
    """Everything, in an empty database."""
    schema.metadata.create_all(connection)
    postgresql = connection.dialect.name == "postgresql"
    for statement in schema.POSTGRESQL_GUARDS if postgresql else schema.SQLITE_GUARDS:
        connection.exec_driver_sql(statement)
    connection.execute(insert(schema.meta).values(key="schema", value=str(schema.VERSION)))


def migrate(connection: Connection, version: int) -> None:
    """From `version` to the present one."""
    for step in range(version + 1, schema.VERSION + 1):
        STEPS[step](connection)
    connection.execute(
        update(schema.meta).where(schema.meta.c.key == "schema").values(value=str(schema.VERSION))
    )
