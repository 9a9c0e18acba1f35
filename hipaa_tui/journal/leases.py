"""Per-resource leases: a run acquires one for every resource of its plan at start and releases them at the end.

The leases last as long as the run's own heartbeat (see `worker`). They pass to another worker only with their run,
when that is resumed or rolled back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from hipaa_tui.providers.model import Target
from hipaa_tui.store.schema import leases

_AT_ONCE: Final = 500
"""Resources per SQL statement; databases limit the number of parameters."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A leased resource, its name and the run that has it."""

    name: str
    run: str


def holder(connection: Connection, targets: Iterable[Target]) -> Taken | None:
    """The lease of another run on one of these resources, or None."""
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
    """Acquire leases on these resources for the run. The store refuses one that is taken."""
    wanted = {target.key: target.name for target in targets}
    if wanted:
        connection.execute(
            insert(leases), [{"resource": key, "name": name, "run": run} for key, name in wanted.items()]
        )


def release(connection: Connection, run: str) -> None:
    """Release all of the run's leases."""
    connection.execute(delete(leases).where(leases.c.run == run))
