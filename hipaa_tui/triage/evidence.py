"""Evidence that no change of ours brings: what a person did by a guided playbook, and what complied when we looked.

It is kept in the journal, with the hash of the file that proves it. The file itself stays where it is: it may
hold what a journal should not.
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
"""Under which name the journal keeps it."""
RECORDED: Final = "evidence.recorded"
COMPLIED: Final = "evidence.complied"
LARGEST: Final = 1024 * 1024 * 1024
"""Bytes of a file that is hashed: a recording or an export fits, a disk does not."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece. `step` counts from 1; 0 is a fresh look of ours that found everything right."""

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
        """The shape of the contract for scripts, and of the journal's record."""
        return asdict(self)


def read(records: Iterable[tuple[str, str, Mapping[str, Json]]], finding: str) -> list[Evidence]:
    """What there is for a finding, oldest first, from the journal's (time, kind, body)."""
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
    """(SHA-256 in hex, bytes) of a file. InputError where it cannot be read, is no file, or is very large."""
    digest, size = hashlib.sha256(), 0
    try:
        if not path.is_file():
            raise InputError(f"{path}: there is no such file")
        with path.open("rb") as file:
            while block := file.read(1024 * 1024):
                size += len(block)
                if size > LARGEST:
                    raise InputError(f"{path}: larger than {LARGEST >> 30} GB, so not taken as evidence")
                digest.update(block)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    return digest.hexdigest(), size
