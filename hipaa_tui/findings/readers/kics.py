"""Reads KICS's JSON: `kics scan -p . --report-formats json`.

Rows are `queries[].files[]` (https://docs.kics.io/latest/results/ and pkg/model/summary.go of Checkmarx/kics). A row's `resource_name` may be the resource's name in the cloud, so the Terraform address is taken from `search_key`,
which starts with TYPE[LABEL].
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hipaa_tui.findings.readers import fields
from hipaa_tui.findings.readers.iac import (
    NOT_TERRAFORM,
    OTHER_PROVIDER,
    address_of,
    below,
    file_name,
    is_foreign,
    is_terraform,
    judged,
    line_of,
)
from hipaa_tui.findings.readers.reader import BadRow, Document, InCode, Outcome, Skipped
from hipaa_tui.support.json_value import Json

FORMAT: str = "kics"

_KEY: Final = re.compile(r"(?:resource\.)?([a-z][a-z0-9]*_\w+)\[(?:\{\{)?([\w-]+)(?:\}\})?\]")
_CLOUDS: Final = {"aws", "azure", "common", ""}


def recognises(document: Document) -> bool:
    """Is it a KICS report, with or without failed queries?"""
    return any(
        isinstance(row.value, dict)
        and "queries" in row.value
        and bool({"kics_version", "files_scanned", "queries_total"} & row.value.keys())
        for row in document.rows or ()
    )


def outcomes(document: Document) -> Iterator[Outcome]:
    """One outcome for each file of each query."""
    for raw in document.rows or ():
        if not isinstance(raw.value, dict):
            yield BadRow(raw.where, raw.fault or "This is not a KICS report.")
            continue
        for query in below(raw, raw.value.get("queries"), "query"):
            if not isinstance(query.raw.value, dict):
                yield BadRow(query.raw.where, "The query is not a JSON object.")
                continue
            files = query.raw.value.get("files")
            yield from judged(below(query.raw, files, "file", query.raw.value), _judge)


def _judge(where: str, row: Json, query: Json) -> InCode | Skipped:
    platform = query.get("platform")
    if isinstance(platform, str) and platform.lower() != "terraform":
        return Skipped(NOT_TERRAFORM)
    cloud = query.get("cloud_provider")
    if isinstance(cloud, str) and cloud.lower() not in _CLOUDS:
        return Skipped(OTHER_PROVIDER)
    severity = fields.words(query.get("severity"), "severity", fields.ID_LIMIT).lower()
    if severity == "trace":
        return Skipped("inventory")  # what there is, with nothing wrong about it
    file = file_name(row.get("file_name"))
    if not is_terraform(file):
        return Skipped(NOT_TERRAFORM)
    check = fields.identity(query.get("query_id"), "query (query_id)")
    address = _address(row)
    if is_foreign(address):
        return Skipped(OTHER_PROVIDER)
    title = fields.words(query.get("query_name"), "name (query_name)", fields.TITLE_LIMIT) or check
    said = row.get("actual_value", row.get("key_actual_value"))
    return InCode(
        where=where,
        source=FORMAT,
        check=check,
        title=title,
        detail=fields.words(said, "value (actual_value)", fields.DETAIL_LIMIT) or title,
        severity=fields.severity(severity),
        files=(file,),
        line=line_of(row.get("line")),
        address=address,
    )


def _address(row: Json) -> str:
    key = row.get("search_key")
    found = _KEY.match(key) if isinstance(key, str) else None
    return address_of(f"{found[1]}.{found[2]}") if found else ""
