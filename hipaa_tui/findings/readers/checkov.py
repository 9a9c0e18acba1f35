"""Reads Checkov's JSON: `checkov -d . -o json`, or `-f tfplan.json` for a Terraform plan.

One object for each kind of code (`check_type`), or a list of them; rows stand in `results.passed_checks`,
`failed_checks` and `skipped_checks` (https://www.checkov.io/8.Outputs/JSON.html; the fields of a row are those of
checkov/common/output/record.py). Without --quiet passed rows are there too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipaa_tui.findings.readers import fields
from hipaa_tui.findings.readers.iac import (
    NOT_TERRAFORM,
    OTHER_PROVIDER,
    Row,
    address_of,
    below,
    file_name,
    is_foreign,
    is_terraform,
    judged,
    line_of,
)
from hipaa_tui.findings.readers.reader import BadRow, Document, InCode, Outcome, Skipped
from hipaa_tui.support.json_value import Json, at
from hipaa_tui.support.sanitize import plain

FORMAT: str = "checkov"

_PLAN: Final = "terraform_plan"
_KINDS: Final = ("terraform", _PLAN)
_LISTS: Final = ("passed_checks", "failed_checks", "skipped_checks")
_RESULTS: Final = {"PASSED": "pass", "SKIPPED": "suppressed", "UNKNOWN": "not evaluated"}


def recognises(document: Document) -> bool:
    """Is any object a Checkov report, or what Checkov prints if there was nothing to check?"""
    return any(
        isinstance(row.value, dict)
        and (
            {"check_type", "results"} <= row.value.keys() or {"checkov_version", "passed"} <= row.value.keys()
        )
        for row in document.rows or ()
    )


def outcomes(document: Document) -> Iterator[Outcome]:
    """One outcome for each row, and a BadRow for each file that Checkov could not read."""
    for raw in document.rows or ():
        if not isinstance(raw.value, dict):
            yield BadRow(raw.where, raw.fault or "This is not a Checkov report.")
            continue
        results = raw.value.get("results")
        if not isinstance(results, dict):
            if "checkov_version" not in raw.value:
                yield BadRow(raw.where, "The results are missing.")
            continue
        kind = raw.value.get("check_type")
        for name in _LISTS:
            yield from judged(below(raw, results.get(name), f"{name} row", kind), _judge)
        yield from map(_unread, below(raw, results.get("parsing_errors"), "parsing_errors row"))


def _unread(row: Row) -> BadRow:
    file = row.raw.value if isinstance(row.raw.value, str) else "a file"
    return BadRow(row.raw.where, f"Checkov could not read {plain(file, 200)}, so nothing in it was checked.")


def _judge(where: str, row: Json, kind: Json) -> InCode | Skipped:
    if kind not in _KINDS:
        return Skipped(NOT_TERRAFORM)
    result = fields.identity(at(row, "check_result.result"), "result (check_result.result)").upper()
    if result in _RESULTS:
        return Skipped(_RESULTS[result])
    if result != "FAILED":
        raise fields.RowError("The result (check_result.result) is unknown.")
    check = fields.identity(row.get("check_id"), "check id (check_id)")
    # A plan's addresses name the instances; elsewhere `resource` does.
    address = address_of(row.get("resource_address")) or address_of(row.get("resource"))
    if is_foreign(address):
        return Skipped(OTHER_PROVIDER)
    names = [row.get(name) for name in ("file_abs_path", "repo_file_path", "file_path")]
    files = tuple(dict.fromkeys(file_name(name) for name in names if name is not None))
    files = tuple(name for name in files if is_terraform(name))
    if not files and not (kind == _PLAN and address):
        return Skipped(NOT_TERRAFORM)
    lines = row.get("file_line_range")
    title = fields.words(row.get("check_name"), "name (check_name)", fields.TITLE_LIMIT) or check
    details = [one for one in row.get("details") or [] if isinstance(one, str)] if _listed(row) else []
    return InCode(
        where=where,
        source=FORMAT,
        check=check,
        title=title,
        detail=fields.words("; ".join(details), "details", fields.DETAIL_LIMIT) or title,
        severity=fields.severity(row.get("severity")),
        files=files,
        line=line_of(lines[0]) if isinstance(lines, list) and lines else 0,
        address=address,
    )


def _listed(row: Json) -> bool:
    return isinstance(row.get("details"), list)
