"""Reads SARIF 2.1.0 of any tool, the format of code scanners for GitHub and Azure DevOps.

Sections are those of https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

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

FORMAT: str = "sarif"

_LEVELS: Final = {"error": "high", "warning": "medium", "note": "low", "none": "informational"}
# §3.27.9: the kinds of results that are not failures.
_KINDS: Final = {
    "pass": "pass",
    "notApplicable": "not applicable",
    "open": "not evaluated",
    "review": "manual",
    "informational": "informational",
}
# GitHub's own reading of a rule's score: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
_SCORES: Final = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
_SCHEME: Final = re.compile(r"file:(?://[^/]*)?", re.IGNORECASE)
_MOST_BASES: Final = 8


def recognises(document: Document) -> bool:
    """Is it a SARIF log (§3.13)?"""
    return any(
        isinstance(row.value, dict)
        and isinstance(row.value.get("runs"), list)
        and ("version" in row.value or "$schema" in row.value)
        for row in document.rows or ()
    )


def outcomes(document: Document) -> Iterator[Outcome]:
    """One outcome for each result."""
    for raw in document.rows or ():
        if not isinstance(raw.value, dict) or not isinstance(raw.value.get("runs"), list):
            yield BadRow(raw.where, raw.fault or "This is not a SARIF log.")
            continue
        for run in below(raw, raw.value["runs"], "run"):
            if not isinstance(run.raw.value, dict):
                yield BadRow(run.raw.where, "The run is not a JSON object.")
                continue
            results = run.raw.value.get("results")
            yield from judged(below(run.raw, results, "result", run.raw.value), _judge)


def _judge(where: str, row: Json, run: Json) -> InCode | Skipped:
    reason = _skipped(row)
    if reason:
        return Skipped(reason)
    place = at(_first(row.get("locations")), "physicalLocation")
    if not isinstance(place, dict):
        return Skipped("without a place")
    files = _files(place.get("artifactLocation"), run)
    if not any(map(is_terraform, files)):
        return Skipped(NOT_TERRAFORM)
    rule = _rule(row, run)
    named = row.get("ruleId") or at(row, "rule.id") or rule.get("id")
    check = check_id(fields.identity(named, "rule (ruleId)"))
    address = _address(row)
    if is_foreign(address):
        return Skipped(OTHER_PROVIDER)
    said = fields.words(at(row, "message.text"), "message", fields.DETAIL_LIMIT)
    title = at(rule, "shortDescription.text") or rule.get("name")
    tool = fields.words(at(run, "tool.driver.name"), "tool", fields.NAME_LIMIT)
    return InCode(
        where=where,
        source=FORMAT,
        check=check,
        title=fields.words(title, "title", fields.TITLE_LIMIT) or said[: fields.TITLE_LIMIT] or check,
        detail=f"{tool}: {said}" if tool and said else said or tool,
        severity=_severity(row, rule),
        files=files,
        line=line_of(at(place, "region.startLine")),
        address=address,
    )


def _skipped(row: Json) -> str:
    """Why the result is not a finding, or "" if it is one."""
    kind = row.get("kind", "fail")
    if kind != "fail":
        if not isinstance(kind, str) or kind not in _KINDS:
            raise fields.RowError("The kind is not defined by SARIF.")
        return _KINDS[kind]
    if row.get("baselineState") == "absent":  # §3.27.24: it was there in an earlier run
        return "resolved"
    suppressions = row.get("suppressions")
    if isinstance(suppressions, list) and suppressions:
        # §3.35.3: a suppression without a status is accepted; one under review or rejected does not count.
        states = {one.get("status", "accepted") for one in suppressions if isinstance(one, dict)}
        if states == {"accepted"}:
            return "suppressed"
    return ""


def _files(location: Json, run: Json) -> tuple[str, ...]:
    """The file's full path if the run defines its base (§3.14.14), and its name in the result."""
    if not isinstance(location, dict):
        return ()
    uri = location.get("uri")
    if uri is None:
        number = location.get("index")
        listed = run.get("artifacts")
        inside = isinstance(number, int) and isinstance(listed, list) and 0 <= number < len(listed)
        location = at(listed[number], "location") if inside and isinstance(listed[number], dict) else None
        if not isinstance(location, dict):
            return ()
        uri = location.get("uri")
    name = file_name(_path(file_name(uri)))
    base = _base(location.get("uriBaseId"), run)
    whole = f"{base.rstrip('/')}/{name}" if base and not name.startswith("/") else ""
    return tuple(one for one in (whole, name) if one and one.isprintable() and len(one) < 4096)


def _base(id: Json, run: Json) -> str:
    """The folder of a base id, which may be relative to another one; "" if it is not defined."""
    bases = run.get("originalUriBaseIds")
    parts: list[str] = []
    while isinstance(id, str) and isinstance(bases, dict) and len(parts) < _MOST_BASES:
        entry = bases.get(id)
        uri = entry.get("uri") if isinstance(entry, dict) else None
        if not isinstance(uri, str):
            return ""
        parts.insert(0, _path(uri).rstrip("/"))
        if parts[0].startswith("/") or uri.startswith("file:"):
            return "/".join(parts) or "/"
        id = entry.get("uriBaseId") if isinstance(entry, dict) else None
    return ""


def _path(uri: str) -> str:
    return unquote(_SCHEME.sub("", uri, count=1))


def _rule(row: Json, run: Json) -> Mapping[str, Any]:
    """The tool's description of the rule (§3.27.6: by its index, else by its id)."""
    rules = at(run, "tool.driver.rules")
    number = row.get("ruleIndex", at(row, "rule.index"))
    if not isinstance(rules, list):
        return {}
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(rules):
        found = rules[number]
        return found if isinstance(found, dict) else {}
    id = row.get("ruleId") or at(row, "rule.id")
    return next((one for one in rules if isinstance(one, dict) and one.get("id") == id), {})


def _severity(row: Json, rule: Mapping[str, Any]) -> str:
    score = at(dict(rule), "properties.security-severity")
    try:
        number = float(score) if isinstance(score, str | int | float) else None
    except ValueError:
        number = None
    if number is not None and math.isfinite(number):
        return next((name for least, name in _SCORES if number >= least), "informational")
    level = row.get("level") or at(dict(rule), "defaultConfiguration.level") or "warning"
    return _LEVELS.get(level, "medium") if isinstance(level, str) else "medium"


def _address(row: Json) -> str:
    """The Terraform address, if the tool gives it as the logical location (§3.33)."""
    for place in row.get("locations") or [] if isinstance(row.get("locations"), list) else []:
        logical = place.get("logicalLocations") if isinstance(place, dict) else None
        for one in logical if isinstance(logical, list) else []:
            if isinstance(one, dict):
                found = address_of(one.get("fullyQualifiedName")) or address_of(one.get("name"))
                if found:
                    return found
    return ""


def _first(value: Json) -> Json:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}
