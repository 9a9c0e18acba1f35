"""Keeps two runs off one resource: a run takes all of its plan's when it begins, and gives them free at its end.

How long a lease holds is the run's own beat (see `owner`): a resource never changes hands by itself, only with
its run, when that is resumed or rolled back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from hipaa_tui.providers.model import Target
from hipaa_tui.store.schema import leases

_AT_ONCE: Final = 500
"""Resources asked for in one statement; databases bound the number of its parameters."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A resource that a run has, by its short name."""

    name: str
    run: str


def holder(connection: Connection, targets: Iterable[Target]) -> Taken | None:
    """Which run has one of these resources, None where none has."""
    keys = sorted({target.key for target in targets})
    for start in range(0, len(keys), _AT_ONCE):
        found = connection.execute(
            select(leases.c.name, leases.c.run)
            .where(leases.c.resource.in_(keys[start : start + _AT_ONCE]))
            .order_by(leases.c.resource)
            .limit(1)
        ).first()
        if found is not None:
            return Taken(found.name, found.run)
    return None


def take(connection: Connection, run: str, targets: Iterable[Target]) -> None:
    """Give the run these resources. The store refuses one that is taken."""
    wanted = {target.key: target.name for target in targets}
    if wanted:
        connection.execute(
            insert(leases), [{"resource": key, "name": name, "run": run} for key, name in wanted.items()]
        )


def release(connection: Connection, run: str) -> None:
    """The run has nothing any more."""
    connection.execute(delete(leases).where(leases.c.run == run))
