"""The journal's hash chain: how each record is linked to the one before, and how a break is found.

Links are processed one by one: a journal of 100,000 records is never in memory at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

BEGINNING: Final = "0" * 64
"""The previous hash of the first record."""


@dataclass(frozen=True, slots=True)
class Link:
    """One record in the chain. `line` is its canonical JSON, `run` the subject under which it is filed."""

    seq: int
    run: str
    line: str
    previous: str
    hash: str


def link_hash(previous: str, line: str) -> str:
    """The hash of a record, over the previous hash and its own line."""
    return hashlib.sha256(f"{previous}\n{line}".encode("utf-8", "surrogatepass")).hexdigest()


def content_fault(link: Link) -> str:
    """What is wrong with the record itself, or ""."""
    if link.hash != link_hash(link.previous, link.line):
        return f"record {link.seq} was edited: its content does not match its hash"
    try:
        record = json.loads(link.line)
        filed = (record["seq"], record["run"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"record {link.seq} is not a record"
    if filed[0] != link.seq:
        return f"record {link.seq} was moved: it is record {filed[0]}"
    if filed[1] != link.run:
        return f"record {link.seq} was filed under {link.run!r} but belongs to {filed[1]!r}"
    return ""


@dataclass
class Walk:
    """A walk along the whole chain. Afterwards, `seq` and `hash` are those of its last record.

    `expected`: known hashes by record number, from signed heads.
    """

    expected: Mapping[int, Collection[str]] = field(default_factory=dict)
    seq: int = 0
    hash: str = BEGINNING

    def faults(self, links: Iterable[Link]) -> Iterator[str]:
        """A sentence for each fault; none if the chain is intact."""
        for link in links:
            if link.seq > self.seq + 1:
                yield f"{_missing(self.seq + 1, link.seq - 1)}: {link.seq} follows {self.seq}"
            elif link.seq <= self.seq:
                yield f"record {link.seq} comes after record {self.seq}: the order was changed"
            if link.previous != self.hash:
                yield f"record {link.seq} does not follow the one before it"
            fault = content_fault(link)
            if fault:
                yield fault
            if any(known != link.hash for known in self.expected.get(link.seq, ())):
                yield f"record {link.seq} is not the one that was signed: it, or an earlier one, was rewritten"
            self.seq, self.hash = link.seq, link.hash


def _missing(first: int, last: int) -> str:
    return f"records {first} to {last} are missing" if last > first else f"record {first} is missing"
