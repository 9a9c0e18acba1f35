"""What a reader of findings owes the rest: every row is a finding, in code, skipped for a reason, or bad.

To support another format: a module with FORMAT, recognises and outcomes, named in load.READERS.
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
    """A good row that is no finding."""

    reason: str
    """One or two words, to count by: "pass", "manual", "muted" …"""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used."""

    where: str
    """Where it stands, such as "row 17" or "line 3", both counted from 1."""
    reason: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class InCode:
    """A failed check at a place in Terraform code, of which only the code says which cloud resource it is."""

    where: str
    """As in a bad row."""
    source: str
    check: str
    """The tool's own id: CKV_AWS_18, AVD-AWS-0088, a KICS query's id."""
    title: str
    detail: str
    severity: str
    files: tuple[str, ...]
    """The file as the tool names it, the surest name first; none where only the address is known (of a plan)."""
    line: int
    """Counted from 1; 0 where the tool names none."""
    address: str = ""
    """Terraform's address, "" where the tool names none."""

    @property
    def place(self) -> str:
        """For people: "main.tf:12 (aws_s3_bucket.phi)"."""
        file = self.files[-1] if self.files else ""
        line = f":{self.line}" if self.line and file else ""
        address = f"({self.address})" if self.address and file else self.address
        return f"{file}{line} {address}".strip()


Outcome = Finding | InCode | Skipped | BadRow


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of a JSON file, before anything is known about it."""

    where: str
    value: Json
    fault: str = ""
    """One sentence, where the row could not even be parsed."""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file, decoded, and parsed where it is JSON: exactly one of `text` and `rows` is set."""

    path: Path
    text: str | None = None
    rows: tuple[RawRow, ...] | None = None
    wrapped: bool = False
    """Whether the rows stood under the key "Findings", which tells the format of an empty export."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one file held. `read` is always the sum of findings, rows in code, skipped rows and bad rows."""

    path: Path
    format: str
    read: int
    findings: tuple[Finding, ...]
    skipped: Mapping[str, int]
    """Reason → number of rows, in the order in which the reasons turned up."""
    bad: tuple[BadRow, ...]
    in_code: tuple[InCode, ...] = ()


class Reader(Protocol):
    """One format. A module is one: it needs no state."""

    @property
    def FORMAT(self) -> str:
        """The format's name, which becomes the source of its findings."""

    def recognises(self, document: Document) -> bool:
        """Whether the content, never the file's name, is of this format."""

    def outcomes(self, document: Document) -> Iterator[Outcome]:
        """One outcome a row, in the file's order. A row that names several resources gives one for each."""


class Progress(Protocol):
    """Is told how far the loading is; may raise to stop it."""

    def __call__(self, path: Path, rows: int) -> None:
        """`rows` rows of `path` are done: 0 at its start, then now and then, and all at its end."""
