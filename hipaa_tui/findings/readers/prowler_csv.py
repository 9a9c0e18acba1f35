"""Reads Prowler's CSV.

Columns are found by the header. Prowler separates with ";"; a spreadsheet that saved the file may have changed that
to "," or a tab. Cells may span lines and be of any size.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hipaa_tui.findings.model import Finding
from hipaa_tui.findings.readers import fields
from hipaa_tui.findings.readers.reader import BadRow, Document, Outcome, Skipped

FORMAT: str = "prowler-csv"

COLUMNS: Final = frozenset({"PROVIDER", "ACCOUNT_UID", "CHECK_ID", "STATUS", "RESOURCE_UID"})
"""The required columns."""

_SEPARATORS: Final = ";,\t"
_LARGEST_CELL: Final = 2**31 - 1  # what a C long holds everywhere
_LINE_END: Final = re.compile(r"\r\n|\r|\n")  # "\r" alone: a spreadsheet on an old Macintosh
_HEADER_LIMIT: Final = 10_000  # characters; the header's line has some 700


def recognises(document: Document) -> bool:
    """Is the first line the header of Prowler's findings?"""
    return document.text is not None and _header(document.text) is not None


def is_compliance_report(text: str) -> bool:
    """Is this Prowler's CSV for a single framework, which lacks the resources' ids?"""
    return "REQUIREMENTS_ID" in text[:_HEADER_LIMIT].partition("\n")[0].upper()


def outcomes(document: Document) -> Iterator[Outcome]:
    """One outcome for each row, without the header and blank rows."""
    header = _header(document.text or "")
    if header is None:
        return
    csv.field_size_limit(max(csv.field_size_limit(), _LARGEST_CELL))
    rows = io.StringIO(header.rest, newline="")
    cells = csv.reader(rows, delimiter=header.separator, strict=True)
    number = 0
    while (row := _next(cells)) is not None:
        if row == []:
            continue
        number += 1
        where = f"row {number}"
        if isinstance(row, csv.Error):
            yield BadRow(where, "The row has an unclosed quotation mark, or the file ends in it.")
        elif len(row) != len(header.columns):
            yield BadRow(where, f"The row has {len(row)} cells, the header {len(header.columns)}.")
        else:
            yield _outcome(where, dict(zip(header.columns, row, strict=True)))


def _outcome(where: str, row: Mapping[str, str]) -> Outcome:
    try:
        return _judge(row)
    except fields.RowError as error:
        return BadRow(where, str(error))


def _judge(row: Mapping[str, str]) -> Finding | Skipped:
    provider = fields.provider_of(row["PROVIDER"])
    if isinstance(provider, Skipped):
        return provider
    status = fields.identity(row["STATUS"], "status (STATUS)").lower()
    if status in {"pass", "manual"}:
        return Skipped(status)
    if status == "muted" or row.get("MUTED", "").strip().lower() == "true":
        return Skipped("muted")
    if status != "fail":
        raise fields.RowError("The status (STATUS) is not PASS, FAIL or MANUAL.")
    check = fields.identity(row["CHECK_ID"], "check id (CHECK_ID)")
    uid = fields.identity(row["RESOURCE_UID"], "resource id (RESOURCE_UID)", fields.RESOURCE_LIMIT)
    name = fields.words(row.get("RESOURCE_NAME"), "resource name", fields.NAME_LIMIT)
    partition = fields.words(row.get("PARTITION"), "partition (PARTITION)", fields.ID_LIMIT)
    return Finding(
        provider=provider,
        account=fields.identity(row["ACCOUNT_UID"], "account id (ACCOUNT_UID)"),
        region=fields.identity(row.get("REGION", "").strip() or "global", "region (REGION)"),
        check=check,
        resource=uid,
        resource_name=name or fields.name_in(uid),
        resource_type=fields.words(row.get("RESOURCE_TYPE"), "resource type", fields.NAME_LIMIT),
        title=fields.words(row.get("CHECK_TITLE"), "title", fields.TITLE_LIMIT) or check,
        detail=fields.words(row.get("STATUS_EXTENDED"), "detail", fields.DETAIL_LIMIT),
        severity=fields.severity(row.get("SEVERITY")),
        source=FORMAT,
        partition=partition or ("aws" if provider == "aws" else "AzureCloud"),
        tags=fields.tags(row.get("RESOURCE_TAGS", "").split(" | ")),
    )


def _next(cells: Iterator[list[str]]) -> list[str] | csv.Error | None:
    """The next row, the error for it, or None at the end. Reading continues after an error."""
    try:
        return next(cells)
    except StopIteration:
        return None
    except csv.Error as error:
        return error


@dataclass(frozen=True, slots=True)
class _Header:
    columns: tuple[str, ...]
    separator: str
    rest: str
    """The text after the header's line."""


def _header(text: str) -> _Header | None:
    """The header, or None if the first line is not the header of Prowler's findings."""
    line, *more = _LINE_END.split(text.lstrip("\r\n"), maxsplit=1)
    rest = more[0] if more else ""
    if len(line) > _HEADER_LIMIT:
        return None
    for separator in _SEPARATORS:
        columns = tuple(name.strip().strip('"').upper() for name in line.split(separator))
        if COLUMNS.issubset(columns):
            return _Header(columns, separator, rest)
    return None
