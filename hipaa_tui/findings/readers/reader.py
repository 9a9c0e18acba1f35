"""The interface of a report reader: every row is a finding, a finding in code, skipped for a reason, or bad.

To support another format, add a module with FORMAT, recognises and outcomes, and list it in load.READERS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hipaa_tui.findings.model import Finding
from hipaa_tui.support.json_value import Json


@dataclass(frozen=True, slots=True)
class Skipped:
    """A valid row that is not a finding."""

    reason: str
    """One or two words, to count by: "pass", "manual", "muted" …"""


@dataclass(frozen=True, slots=True)
class BadRow:
    """An invalid row."""

    where: str
    """Its place in the report, such as "row 17" or "line 3", counted from 1."""
    reason: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class InCode:
    """A failed check at a place in Terraform code. The code determines which cloud resource that is."""

    where: str
    """Its place in the report, as in BadRow."""
    source: str
    check: str
    """The tool's own id: CKV_AWS_18, AVD-AWS-0088, a KICS query's id."""
    title: str
    detail: str
    severity: str
    files: tuple[str, ...]
    """Names of the file, the most specific first; empty if only the address is known (for a Terraform plan)."""
    line: int
    """Counted from 1; 0 if the tool names none."""
    address: str = ""
    """Terraform address; "" if the tool names none."""

    @property
    def place(self) -> str:
        """The place for display: "main.tf:12 (aws_s3_bucket.phi)"."""
        file = self.files[-1] if self.files else ""
        line = f":{self.line}" if self.line and file else ""
        address = f"({self.address})" if self.address and file else self.address
        return f"{file}{line} {address}".strip()


Outcome = Finding | InCode | Skipped | BadRow


@dataclass(frozen=True, slots=True)
class RawRow:
    """One unparsed row of a JSON file."""

    where: str
    value: Json
    fault: str = ""
    """One sentence, if the row could not be parsed."""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file, decoded, and parsed if it is JSON: exactly one of `text` and `rows` is set."""

    path: Path
    text: str | None = None
    rows: tuple[RawRow, ...] | None = None
    wrapped: bool = False
    """Were the rows under the key "Findings"? It identifies the format of an empty export."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The content of one file. `read` is the sum of findings, rows in code, skipped rows and bad rows."""

    path: Path
    format: str
    read: int
    findings: tuple[Finding, ...]
    skipped: Mapping[str, int]
    """Reason → number of rows, in the order of first occurrence."""
    bad: tuple[BadRow, ...]
    in_code: tuple[InCode, ...] = ()


class Reader(Protocol):
    """A report format, implemented by a module."""

    @property
    def FORMAT(self) -> str:
        """The format's name, which becomes the source of its findings."""

    def recognises(self, document: Document) -> bool:
        """Is the content (never the file's name) of this format?"""

    def outcomes(self, document: Document) -> Iterator[Outcome]:
        """One outcome per row, in the file's order. A row with several resources gives one for each."""


class Progress(Protocol):
    """Receives the progress of loading; may raise to stop it."""

    def __call__(self, path: Path, rows: int) -> None:
        """`rows` rows of `path` are done. Called with 0 at the start, repeatedly, and with all at the end."""
