"""Evidence without a run: what a person did for a guided playbook, and what already complied when it was read.

It is kept in the journal with the hash of the file that proves it. The file itself is not copied: it may contain
what a journal should not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json

SUBJECT: Final = "evidence"
"""The journal's subject for evidence."""
RECORDED: Final = "evidence.recorded"
COMPLIED: Final = "evidence.complied"
LARGEST: Final = 1024 * 1024 * 1024
"""Maximum size in bytes of a file that is hashed: enough for a recording or an export."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence. `step` counts from 1; 0: a read of ours found that the resource complies."""

    finding: str
    playbook: str
    resource: str
    step: int
    text: str
    file: str
    sha256: str
    size: int
    by: str
    at: str = ""

    @property
    def kind(self) -> str:
        return RECORDED if self.step else COMPLIED

    def as_json(self) -> dict[str, Json]:
        """The JSON of the contract for scripts, and of the journal's record."""
        return asdict(self)


def read(records: Iterable[tuple[str, str, Mapping[str, Json]]], finding: str) -> list[Evidence]:
    """The evidence for a finding, oldest first, from the journal's (time, kind, body)."""
    return [
        Evidence(
            **{name: str(body.get(name, "")) for name in ("finding", "playbook", "resource", "text", "file")},
            step=int(body.get("step", 0)),
            sha256=str(body.get("sha256", "")),
            size=int(body.get("size", 0)),
            by=str(body.get("by", "")),
            at=at,
        )
        for at, kind, body in records
        if kind in {RECORDED, COMPLIED} and body.get("finding") == finding
    ]


def fingerprint(path: Path) -> tuple[str, int]:
    """(SHA-256 in hex, size in bytes) of a file. InputError if it is missing, unreadable or too large."""
    digest, size = hashlib.sha256(), 0
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        with path.open("rb") as file:
            while block := file.read(1024 * 1024):
                size += len(block)
                if size > LARGEST:
                    raise InputError(f"{path}: larger than {LARGEST >> 30} GB, the maximum for evidence")
                digest.update(block)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    return digest.hexdigest(), size
