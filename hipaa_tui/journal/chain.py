"""The chain of the journal's hashes: what ties each record to all before it, and what shows that somebody broke it.

Everything here goes through the links one by one: a journal of 100,000 records is never in memory at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

BEGINNING: Final = "0" * 64
"""What stands before the first record."""


@dataclass(frozen=True, slots=True)
class Link:
    """One record as the chain sees it. `line` is its canonical JSON, `run` what the record is filed under."""

    seq: int
    run: str
    line: str
    previous: str
    hash: str


def link_hash(previous: str, line: str) -> str:
    """The hash of a record: over the one before it and its own line."""
    return hashlib.sha256(f"{previous}\n{line}".encode("utf-8", "surrogatepass")).hexdigest()


def content_fault(link: Link) -> str:
    """What is wrong with the record by itself; "" where it is as it was written."""
    if link.hash != link_hash(link.previous, link.line):
        return f"record {link.seq} was edited: its content does not match its hash"
    try:
        record = json.loads(link.line)
        filed = (record["seq"], record["run"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"record {link.seq} is no record"
    if filed[0] != link.seq:
        return f"record {link.seq} was moved: it is record {filed[0]}"
    if filed[1] != link.run:
        return f"record {link.seq} was filed under {link.run!r}, but belongs to {filed[1]!r}"
    return ""


@dataclass
class Walk:
    """A walk along the whole chain. After it, `seq` and `hash` say where the chain ends.

    `expected` are hashes that are known from elsewhere, by the number of their record.
    """

    expected: Mapping[int, Collection[str]] = field(default_factory=dict)
    seq: int = 0
    hash: str = BEGINNING

    def faults(self, links: Iterable[Link]) -> Iterator[str]:
        """A sentence a fault; nothing where the chain is whole."""
        for link in links:
            if link.seq > self.seq + 1:
                yield f"{_missing(self.seq + 1, link.seq - 1)}: {link.seq} follows {self.seq}"
            elif link.seq <= self.seq:
                yield f"record {link.seq} stands behind record {self.seq}: the order was changed"
            if link.previous != self.hash:
                yield f"record {link.seq} does not follow the one before it"
            fault = content_fault(link)
            if fault:
                yield fault
            if any(known != link.hash for known in self.expected.get(link.seq, ())):
                yield f"record {link.seq} is not the one that was signed: it, or one before it, was written anew"
            self.seq, self.hash = link.seq, link.hash


def _missing(first: int, last: int) -> str:
    return (
        f"record {first} is missing{f', and so is what came after it up to {last}' if last > first else ''}"
    )
