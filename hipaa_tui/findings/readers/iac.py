"""What the readers of Terraform scanners share: a failed check at a file and line, not yet on a cloud resource.

`hipaa_tui.patches.code.finding_resolution` finds the resource in the code. File names and addresses in a report are
untrusted: they are compared with the repository's and never opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hipaa_tui.findings.readers import fields
from hipaa_tui.findings.readers.reader import BadRow, InCode, Outcome, RawRow, Skipped
from hipaa_tui.support.json_value import Json

NOT_TERRAFORM: Final = "not Terraform"
OTHER_PROVIDER: Final = "other provider"
_ENDINGS: Final = (".tf", ".tf.json")
_PROVIDERS: Final = ("aws_", "azurerm_")
_LONGEST_ADDRESS: Final = 1024
_ADDRESS: Final = re.compile(
    r"(?:module\.[\w-]+(?:\[[^\[\]]{1,300}\])?\.)*(?:data\.)?([a-z][a-z0-9]*_\w+)\.[\w-]+(?:\[[^\[\]]{1,300}\])?"
)
_AVD: Final = re.compile(r"(?:AVD-)?((?:AWS|AZU)-\d{4})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a report with the object that contains it."""

    raw: RawRow
    above: Json = None


def judged(rows: Iterable[Row], judge: Callable[[str, Json, Json], InCode | Skipped]) -> Iterator[Outcome]:
    """The outcome of each row: `judge(where, row, above)`, which raises RowError for an unusable row."""
    for row in rows:
        if not isinstance(row.raw.value, dict):
            yield BadRow(row.raw.where, row.raw.fault or "The row is not a JSON object.")
            continue
        try:
            yield judge(row.raw.where, row.raw.value, row.above)
        except fields.RowError as error:
            yield BadRow(row.raw.where, str(error))


def below(raw: RawRow, value: Json, name: str, above: Json = None) -> Iterator[Row]:
    """A row for each item of the list `value`, the field `name` of `raw`; none if it is missing."""
    if value is None:
        return
    if not isinstance(value, list):
        yield Row(RawRow(raw.where, None, f"{name} is not a list."))
        return
    lead = f"{raw.where}, {name}" if raw.where else name
    for number, item in enumerate(value, start=1):
        yield Row(RawRow(f"{lead} {number}", item), above)


def is_terraform(file: str) -> bool:
    """Is that the name of a Terraform file with resources?"""
    return file.lower().endswith(_ENDINGS)


def file_name(value: Json) -> str:
    """A file's name as the tool wrote it. RowError if it is not visible text."""
    return fields.identity(value, "file", fields.RESOURCE_LIMIT)


def line_of(value: Json) -> int:
    """A line number from 1; 0 if there is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if 0 < value < 10_000_000 else 0


def address_of(value: Json) -> str:
    """The text if it is a Terraform address, else ""."""
    if not isinstance(value, str) or len(value) > _LONGEST_ADDRESS:
        return ""
    return value if _ADDRESS.fullmatch(value) and value.isprintable() else ""


def is_foreign(address: str) -> bool:
    """Is it a resource of an unsupported provider?"""
    found = _ADDRESS.fullmatch(address)
    return found is not None and not found[1].startswith(_PROVIDERS)


def check_id(value: str) -> str:
    """Trivy's check id in its older form: newer versions write AWS-0088 for AVD-AWS-0088."""
    found = _AVD.fullmatch(value)
    return f"AVD-{found[1].upper()}" if found else value
