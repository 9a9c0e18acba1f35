"""Exports the journal, or one run, to a file that can be verified without the store.

JSON Lines: first the signed head, then each record with its hash and the previous one. The head of a run's export
also states the number and a digest of the run's records, so that none can be removed or added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from hipaa_tui.journal.chain import Link, Walk, content_fault
from hipaa_tui.journal.signed_heads import RunPart, SignedHead, cut_off, expected, head_from, sign_head
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json

if TYPE_CHECKING:
    from hipaa_tui.journal.journal import Journal
    from hipaa_tui.support.signing import Identity

_FIELDS: Final = ("seq", "run", "previous", "hash", "line")
_LONGEST: Final = 256 * 1024 * 1024
"""Maximum length of a line: the record of a plan has at most 64 MB before it is escaped."""


def write_export(journal: Journal, identity: Identity, out: TextIO, run: str = "") -> dict[str, Json]:
    """Write the whole journal, or one run. Returns the signed head with which the file starts."""
    head = journal.head()
    part = None
    if run:
        digest, records = hashlib.sha256(), 0
        for link in _upto(journal.links(run), head.seq):
            digest.update(_entry(link))
            records += 1
        part = RunPart(run, records, digest.hexdigest())
    statement = sign_head(identity, head.seq, head.hash, part)
    out.write(one_line(statement))
    for link in _upto(journal.links(run), head.seq):
        out.write(one_line({name: getattr(link, name) for name in _FIELDS}))
    return statement


def one_line(value: Json) -> str:
    """The value as one line of JSON without control characters."""
    return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f") + "\n"


class Export:
    """An exported file. `head` is its first line; `records` counts the records read so far."""

    def __init__(self, file: TextIO, name: str) -> None:
        """InputError if the file does not start with a signed head."""
        self._file = file
        self.name = name
        try:
            self.head: SignedHead = head_from(_json(self._line()))
        except (ValueError, RecursionError):
            raise InputError(
                f"{name}: not an exported journal; give a file that `hipaa-tui journal export` wrote"
            ) from None
        self.records = 0

    def faults(self, heads: Iterable[SignedHead] = ()) -> Iterator[str]:
        """A sentence for each record that was edited, removed, reordered, added or cut off since the export."""
        if self.head.run is not None:
            return self._of_run(self.head.run)
        return self._of_journal(heads)

    def _of_journal(self, heads: Iterable[SignedHead]) -> Iterator[str]:
        known = [self.head, *heads]
        walk, bad = Walk(expected(known)), list[str]()
        for fault in walk.faults(self._links(bad)):
            yield from _drained(bad)
            yield fault
        yield from _drained(bad)
        yield from cut_off(walk, known, "the file")
        if walk.seq > self.head.seq:
            yield f"the file continues to record {walk.seq}, beyond record {self.head.seq} of its head"

    def _of_run(self, run: RunPart) -> Iterator[str]:
        bad: list[str] = []
        digest, last = hashlib.sha256(), None
        for link in self._links(bad):
            yield from _drained(bad)
            fault = content_fault(link)
            if fault:
                yield fault
            if link.run != run.id:
                yield f"record {link.seq} belongs to {link.run!r}, not to run {run.id}"
            if last is not None and link.seq <= last.seq:
                yield f"record {link.seq} comes after record {last.seq}: the order was changed"
            elif last is not None and link.seq == last.seq + 1 and link.previous != last.hash:
                yield f"record {link.seq} does not follow the one before it"
            digest.update(_entry(link))
            last = link
        yield from _drained(bad)
        if self.records != run.records:
            yield f"the file contains {self.records} records of run {run.id}, and its head says {run.records}"
        elif digest.hexdigest() != run.digest:
            yield f"the records of run {run.id} are not the signed ones"
        if last is not None and (
            last.seq > self.head.seq or (last.seq == self.head.seq and last.hash != self.head.hash)
        ):
            yield f"record {last.seq} does not belong to the journal that ended at record {self.head.seq}"

    def _links(self, bad: list[str]) -> Iterator[Link]:
        """The records; a line that is not one becomes a sentence in `bad`."""
        number = 1
        while line := self._line():
            number += 1
            try:
                yield _link(line)
            except (ValueError, RecursionError):
                bad.append(f"line {number} of the file is not a record")
            else:
                self.records += 1

    def _line(self) -> str:
        try:
            line = self._file.readline(_LONGEST)
        except UnicodeDecodeError:
            raise InputError(f"{self.name}: not UTF-8 text, so not an exported journal") from None
        if len(line) == _LONGEST:
            raise InputError(f"{self.name}: a line is longer than any record, so not an exported journal")
        return line


def verify_export(path: Path, heads: Iterable[SignedHead] = (), most: int = 1000) -> tuple[Export, list[str]]:
    """The export in a file, and at most `most` sentences about faults. InputError if it is not an export."""
    try:
        with path.open(encoding="utf-8") as file:
            export = Export(file, str(path))
            return export, list(islice(export.faults(heads), most))
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror or error}; give a file that `hipaa-tui journal export` wrote"
        ) from None


def _upto(links: Iterable[Link], last: int) -> Iterator[Link]:
    for link in links:
        if link.seq > last:
            return
        yield link


def _entry(link: Link) -> bytes:
    return f"{link.seq} {link.hash}\n".encode("utf-8", "surrogatepass")


def _link(line: str) -> Link:
    """ValueError if the line is not a record."""
    value = _json(line)
    if not isinstance(value, dict) or set(value) != set(_FIELDS):
        raise ValueError("not the fields of a record")
    if type(value["seq"]) is not int or not all(type(value[name]) is str for name in _FIELDS[1:]):
        raise ValueError("not the fields of a record")
    return Link(**value)


def _json(line: str) -> Any:
    """The line's JSON. ValueError for duplicate keys, of which readers keep different ones."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("duplicate key")
        return found

    return json.loads(line, object_pairs_hook=once)


def _drained(sentences: list[str]) -> Iterator[str]:
    while sentences:
        yield sentences.pop(0)
