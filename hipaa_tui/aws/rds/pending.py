"""Settings of a database that may wait: RDS and Redshift take some changes at once and keep others for a window.

A value is {NAME: what holds now, "Pending"?: what will hold, "ApplyImmediately"?: bool, …}. Two values are the same
where now and next are, so what only waits is neither done (the predicate looks at NAME) nor as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.aws.declared import Declared
from hipaa_tui.providers.model import Target
from hipaa_tui.support.json_value import ABSENT, Json


class Waiting(Declared):
    """What may wait: `field` is the member of the value that is chosen."""

    field: str

    def value(self, found: Any) -> Json:
        return pending(super().value(found), self.field, found.get("PendingModifiedValues") or {})

    def canonical(self, value: Json) -> Json:
        now = value[self.field]
        return {"now": now, "next": value.get("Pending", now)}

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        if before is ABSENT or after is ABSENT:
            return []
        return [{**before, "Pending": after[self.field]}]


def pending(value: dict[str, Json], field: str, waits: Mapping[str, Json]) -> dict[str, Json]:
    """`value` with what waits for its field, where something does."""
    return {**value, "Pending": waits[field]} if waits.get(field) is not None else value


def wanted_value(current: Json, field: str, value: Json, *, now: bool | None) -> dict[str, Json]:
    """The current value with the field set. ValueError where that is under way already.

    `now` says whether the change is not to wait for the maintenance window; None where it never waits.
    """
    if current is ABSENT:
        raise ValueError("it is not there any more")
    if "Pending" in current and current["Pending"] == value and current[field] != value and not now:
        raise ValueError(
            f"{field} {value} is set already and waits for the maintenance window: look again after it, or say "
            "apply_immediately=true"
        )
    kept = {key: item for key, item in current.items() if key not in {"Pending", "ApplyImmediately"}}
    made = {**kept, field: value}
    return made if now is None else {**made, "ApplyImmediately": bool(now)}


def with_database(current: Json, wanted: Json) -> Json:
    """{FIELD: value, "apply_immediately"?: bool} laid over the current value, and nothing of what waits."""
    now = wanted.get("apply_immediately")
    ((field, value),) = [(key, item) for key, item in wanted.items() if key != "apply_immediately"]
    return wanted_value(current, field, value, now=now)


def with_days(current: Json, wanted: Json) -> Json:
    """Days of retention under `field`, at least `days`, or more where there are more already."""
    if current is ABSENT:
        raise ValueError("it is not there any more")
    field = str(wanted["field"])
    days = max(int(current[field]), int(wanted["days"]))
    return wanted_value(current, field, days, now=wanted.get("apply_immediately"))


BUILDERS = {"with_database": with_database, "with_database_days": with_days}
