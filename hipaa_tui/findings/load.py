"""Loads reports of any supported format, and merges their findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hipaa_tui.findings.model import Finding
from hipaa_tui.findings.readers import asff, checkov, kics, ocsf, prowler_csv, sarif, trivy
from hipaa_tui.findings.readers.fields import DETAIL_LIMIT
from hipaa_tui.findings.readers.open_report import open_document, shown
from hipaa_tui.findings.readers.reader import (
    BadRow,
    Document,
    InCode,
    Loaded,
    Progress,
    Reader,
    Skipped,
)
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.sanitize import plain

READERS: Final[tuple[Reader, ...]] = (ocsf, asff, prowler_csv, checkov, sarif, trivy, kics)

_ROWS_BETWEEN_REPORTS: Final = 5000
_DETAIL_SEPARATOR: Final = " · "


@dataclass(frozen=True, slots=True)
class MergedFinding:
    """One failed check on one resource, and the formats that reported it."""

    finding: Finding
    """As first reported. If a file has several rows with this fingerprint (Prowler reports each inline policy of a
    user as one), `detail` joins their messages."""
    sources: tuple[str, ...]
    """The formats that reported it, each once, in the order of loading."""


def recognise(path: Path) -> Reader:
    """The reader for the content of `path`. InputError if the file cannot be read or no reader knows its format."""
    return _reader_of(open_document(path))


def load_file(path: Path, progress: Progress | None = None) -> Loaded:
    """The content of one file. InputError if it cannot be used as a whole; bad rows are in the result."""
    return load_document(open_document(path), progress)


def load_document(document: Document, progress: Progress | None = None) -> Loaded:
    """Like `load_file`, for an open file."""
    reader = _reader_of(document)
    findings: list[Finding] = []
    skipped: dict[str, int] = {}
    bad: list[BadRow] = []
    in_code: list[InCode] = []
    read = 0
    for outcome in reader.outcomes(document):
        if progress is not None and read % _ROWS_BETWEEN_REPORTS == 0:
            progress(document.path, read)
        read += 1
        match outcome:
            case Finding():
                findings.append(outcome)
            case InCode():
                in_code.append(outcome)
            case Skipped(reason):
                skipped[reason] = skipped.get(reason, 0) + 1
            case BadRow():
                bad.append(outcome)
    if progress is not None:
        progress(document.path, read)
    return Loaded(document.path, reader.FORMAT, read, tuple(findings), skipped, tuple(bad), tuple(in_code))


def load_files(paths: Sequence[Path], progress: Progress | None = None) -> list[Loaded]:
    """The content of each file, in the order given. InputError for the first file that cannot be used.

    Loading the rest would make half of an audit look complete.
    """
    return [load_file(path, progress) for path in paths]


def merge(loaded: Iterable[Loaded]) -> tuple[MergedFinding, ...]:
    """The findings of several files, merged by fingerprint, in the order of first occurrence."""
    merged: dict[str, MergedFinding] = {}
    for file in loaded:
        for fingerprint, finding in _by_fingerprint(file.findings).items():
            known = merged.get(fingerprint)
            if known is None:
                merged[fingerprint] = MergedFinding(finding, (finding.source,))
            elif finding.source not in known.sources:
                merged[fingerprint] = replace(known, sources=(*known.sources, finding.source))
    return tuple(merged.values())


def _by_fingerprint(findings: Iterable[Finding]) -> dict[str, Finding]:
    """One finding for each fingerprint of a file, with the details of all of its rows."""
    first: dict[str, Finding] = {}
    details: dict[str, dict[str, None]] = {}
    for finding in findings:
        fingerprint = finding.fingerprint
        first.setdefault(fingerprint, finding)
        details.setdefault(fingerprint, {})[finding.detail] = None
    return {
        fingerprint: finding
        if len(details[fingerprint]) == 1
        else replace(finding, detail=plain(_DETAIL_SEPARATOR.join(details[fingerprint]), DETAIL_LIMIT))
        for fingerprint, finding in first.items()
    }


def _reader_of(document: Document) -> Reader:
    for reader in READERS:
        if reader.recognises(document):
            return reader
    if document.text is not None and prowler_csv.is_compliance_report(document.text):
        raise InputError(
            f"{shown(document.path)} is Prowler's report for a single framework, which lacks the "
            "resources' ids; load the main CSV or the OCSF JSON of the same scan."
        )
    raise InputError(
        f"{shown(document.path)} contains no findings in a known format; "
        "export them as Prowler OCSF JSON, Prowler CSV, Security Hub (ASFF) JSON, Checkov JSON, SARIF, "
        "Trivy JSON or KICS JSON."
    )
