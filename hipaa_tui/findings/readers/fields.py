"""Reads single fields of a row, which is untrusted input.

A field that identifies a finding is taken whole or rejected: a cut or cleaned id would name something else. Fields
that only explain are cleaned and cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from hipaa_tui.findings.model import PROVIDERS, SEVERITIES, Finding
from hipaa_tui.findings.readers.reader import BadRow, Document, Outcome, RawRow, Skipped
from hipaa_tui.support.json_value import Json, at
from hipaa_tui.support.sanitize import plain

TITLE_LIMIT: Final = 300
DETAIL_LIMIT: Final = 2000
RESOURCE_LIMIT: Final = 2048
NAME_LIMIT: Final = 512
ID_LIMIT: Final = 256
TAG_LIMIT: Final = 50

_ALSO_CALLED: Final = {
    "fatal": "critical",
    "moderate": "medium",
    "info": "informational",
    "information": "informational",
    "none": "informational",
}
_UNKNOWN_SEVERITY: Final = "medium"


class RowError(Exception):
    """Why a row is invalid, in one sentence."""


def judged(
    document: Document,
    resources: str,
    judge: Callable[[Json, Json], Finding | Skipped],
) -> Iterator[Outcome]:
    """The outcomes of a JSON document whose rows have a list of resources at `resources`.

    `judge(row, resource)` is called for each resource of a row, and with None for a row without any, which may have
    passed. It raises RowError for an invalid row.
    """
    for raw in document.rows or ():
        yield from _judged_row(raw, resources, judge)


def _judged_row(
    raw: RawRow, resources: str, judge: Callable[[Json, Json], Finding | Skipped]
) -> Iterator[Outcome]:
    if raw.fault or not isinstance(raw.value, dict):
        yield BadRow(raw.where, raw.fault or "The row is not a JSON object.")
        return
    listed = at(raw.value, resources)
    found = listed if isinstance(listed, list) and listed else [None]
    for number, resource in enumerate(found, start=1):
        where = raw.where if len(found) == 1 else f"{raw.where}, resource {number}"
        try:
            yield judge(raw.value, resource)
        except RowError as error:
            yield BadRow(where, str(error))


def identity(value: Json, name: str, limit: int = ID_LIMIT) -> str:
    """`value` if it is visible text of 1 to `limit` characters, else RowError."""
    if value is None or (isinstance(value, str) and not value.strip()):
        raise RowError(f"The {name} is missing.")
    if not isinstance(value, str):
        raise RowError(f"The {name} is not text.")
    text = value.strip()
    if len(text) > limit:
        raise RowError(f"The {name} is longer than {limit} characters.")
    if plain(text, limit) != text:
        raise RowError(f"The {name} contains control characters or invisible ones.")
    return text


def words(value: Json, name: str, limit: int) -> str:
    """`value` made safe to display and cut at `limit`; "" if missing. RowError if it is not text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowError(f"The {name} is not text.")
    # Cut twice: a cell can be megabytes long, and its spaces must not count against the limit.
    return plain(plain(value, 4 * limit).strip(), limit)


def provider_of(value: Json) -> str | Skipped:
    """The provider of a row, or Skipped for an unsupported one."""
    provider = identity(value, "provider").lower()
    return provider if provider in PROVIDERS else Skipped("other provider")


def severity(value: Json) -> str:
    """One of SEVERITIES. What nobody knows counts as medium, so that it neither hides nor leads.

    RowError where it is no text.
    """
    name = words(value, "severity", ID_LIMIT).lower()
    name = _ALSO_CALLED.get(name, name)
    return name if name in SEVERITIES else _UNKNOWN_SEVERITY


def tags(values: Iterable[Json]) -> tuple[str, ...]:
    """The tags that are text, made safe to display. They are only used for ranking, so others are ignored."""
    shown = [plain(value, NAME_LIMIT).strip() for value in values if isinstance(value, str)]
    return tuple(tag for tag in shown if tag)[:TAG_LIMIT]


def name_in(resource: str) -> str:
    """The resource's name from an ARN, ARM id or Security Hub resource id."""
    if resource.startswith("arn:"):
        local = resource.split(":", 5)[-1].removesuffix(":*")
        # "table/patients" and "function:etl" lead with a type; "log-group:/aws/etl" has both marks.
        return re.sub(r"^/?[^:/]*[:/]", "", local) or local
    return re.split(r"[:/]", resource.rstrip(":/"))[-1] or resource
