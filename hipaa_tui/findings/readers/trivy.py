"""Reads Trivy's JSON: `trivy config -f json .`. Results about other things than Terraform are skipped.

Rows are `Results[].Misconfigurations[]` (pkg/types/misconfiguration.go of aquasecurity/trivy), the place of each in
`CauseMetadata` (pkg/fanal/types/misconf.go), its file in the result's `Target`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipaa_tui.findings.readers import fields
from hipaa_tui.findings.readers.iac import (
    NOT_TERRAFORM,
    OTHER_PROVIDER,
    address_of,
    below,
    check_id,
    file_name,
    is_foreign,
    is_terraform,
    judged,
    line_of,
)
from hipaa_tui.findings.readers.reader import BadRow, Document, InCode, Outcome, Skipped
from hipaa_tui.support.json_value import Json, at

FORMAT: str = "trivy"

_OTHER_ROWS: Final = ("Vulnerabilities", "Secrets", "Licenses")
_STATUSES: Final = {"PASS": "pass", "EXCEPTION": "suppressed"}
_CLOUDS: Final = {"aws", "azure", "generic", ""}


def recognises(document: Document) -> bool:
    """Is it a Trivy report, with or without results?"""
    return any(
        isinstance(row.value, dict)
        and (
            {"SchemaVersion", "ArtifactName"} <= row.value.keys()
            or {"ArtifactName", "Results"} <= row.value.keys()
        )
        for row in document.rows or ()
    )


def outcomes(document: Document) -> Iterator[Outcome]:
    """One outcome for each misconfiguration; other results are skipped."""
    for raw in document.rows or ():
        if not isinstance(raw.value, dict):
            yield BadRow(raw.where, raw.fault or "This is not a Trivy report.")
            continue
        for result in below(raw, raw.value.get("Results"), "result"):
            if not isinstance(result.raw.value, dict):
                yield BadRow(result.raw.where, "The result is not a JSON object.")
                continue
            for name in _OTHER_ROWS:
                listed = result.raw.value.get(name)
                for _ in listed if isinstance(listed, list) else ():
                    yield Skipped("not a configuration check")
            hidden = result.raw.value.get("ExperimentalModifiedFindings")
            for _ in hidden if isinstance(hidden, list) else ():
                yield Skipped("suppressed")
            rows = result.raw.value.get("Misconfigurations")
            yield from judged(below(result.raw, rows, "row", result.raw.value), _judge)


def _judge(where: str, row: Json, result: Json) -> InCode | Skipped:
    kind = result.get("Type")
    if not isinstance(kind, str) or not kind.startswith("terraform"):
        return Skipped(NOT_TERRAFORM)
    status = fields.identity(row.get("Status", "FAIL"), "status (Status)").upper()
    if status in _STATUSES:
        return Skipped(_STATUSES[status])
    if status != "FAIL":
        raise fields.RowError("The status (Status) is not PASS, FAIL or EXCEPTION.")
    provider = at(row, "CauseMetadata.Provider")
    address = address_of(at(row, "CauseMetadata.Resource"))
    if is_foreign(address) or (isinstance(provider, str) and provider.lower() not in _CLOUDS):
        return Skipped(OTHER_PROVIDER)
    file = file_name(result.get("Target"))
    planned = kind != "terraform"
    if not is_terraform(file) and not (planned and address):
        return Skipped(NOT_TERRAFORM)
    check = check_id(fields.identity(row.get("AVDID") or row.get("ID"), "check id (ID)"))
    title = fields.words(row.get("Title"), "title (Title)", fields.TITLE_LIMIT) or check
    return InCode(
        where=where,
        source=FORMAT,
        check=check,
        title=title,
        detail=fields.words(row.get("Message"), "message (Message)", fields.DETAIL_LIMIT) or title,
        severity=fields.severity(row.get("Severity")),
        files=(file,) if is_terraform(file) else (),
        line=line_of(at(row, "CauseMetadata.StartLine")),
        address=address,
    )
