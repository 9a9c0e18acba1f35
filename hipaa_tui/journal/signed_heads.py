"""Signed heads: a signed statement of the journal's last record at some time.

The chain by itself shows an edited record, but not that records were cut off from the end or that everything was
rewritten from some record on. A head that is kept elsewhere shows that, and its signature shows who vouches for it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hipaa_tui.journal.chain import Walk
from hipaa_tui.store.database import now
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.private_files import private_folder
from hipaa_tui.support.signing import Identity, signed_by

KIND: Final = "hipaa-tui journal head"
FORMAT: Final = 1
PURPOSE: Final = "journal head"
FILE: Final = "heads.jsonl"
LARGEST: Final = 64 * 1024 * 1024
"""Maximum size of a file of heads in bytes; a head has 400."""


@dataclass(frozen=True, slots=True)
class RunPart:
    """A head's statement about one run: the number of its records, and a digest of their hashes."""

    id: str
    records: int
    digest: str


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A signed head. `key` is "" if the signature is invalid."""

    seq: int
    hash: str
    at: str
    host: str
    by: str
    key: str
    run: RunPart | None = None

    @property
    def told(self) -> str:
        """Its signer and time, for display."""
        return f"the head of {self.at[:19]} by {self.by}"


def sign_head(identity: Identity, seq: int, hash: str, run: RunPart | None = None) -> dict[str, Json]:
    """A head signed by this home, as a statement."""
    statement: dict[str, Json] = {
        "kind": KIND,
        "format": FORMAT,
        "seq": seq,
        "hash": hash,
        "at": now(),
        "host": identity.host,
        "by": identity.name,
        "key": identity.key,
    }
    if run is not None:
        statement["run"] = {"id": run.id, "records": run.records, "digest": run.digest}
    return identity.sign(PURPOSE, statement)


def head_from(value: Json) -> SignedHead:
    """The head in a statement. ValueError if it is not one; an invalid signature leaves `key` empty."""
    try:
        if value["kind"] != KIND:
            raise ValueError("this is not a signed head of a journal")
        if value["format"] != FORMAT:
            raise ValueError(f"the head has format {value['format']!r}, and this version reads {FORMAT}")
        part = value.get("run")
        seq, run = value["seq"], None
        if part is not None:
            run = RunPart(str(part["id"]), _count(part["records"]), str(part["digest"]))
        key = signed_by(PURPOSE, value)
        names = {name: str(value[name]) for name in ("hash", "at", "host", "by")}
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("this is not a signed head of a journal") from None
    return SignedHead(seq=_count(seq), key=key, run=run, **names)


def read_heads(path: Path) -> list[SignedHead]:
    """The heads in a file: one, or one a line. InputError if it contains none, or something else."""
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path}: larger than {LARGEST // 2**20} MB, so not a file of signed heads")
        text = path.read_text(encoding="utf-8")
        try:
            found: list[Any] = [json.loads(text)]
        except ValueError:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        heads = [head_from(value) for value in found]
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror or error}; give a file that `hipaa-tui journal head` wrote"
        ) from None
    except (ValueError, RecursionError):
        raise InputError(
            f"{path}: not a signed head; give a file that `hipaa-tui journal head` wrote"
        ) from None
    if not heads:
        raise InputError(f"{path}: empty; give a file that `hipaa-tui journal head` wrote")
    return heads


class KeptHeads:
    """The heads that this home signed, in heads.jsonl: records lost from a shared store are noticed.

    Whoever can write to the home can edit them, too; against that, keep heads elsewhere.
    """

    def __init__(self, root: Path, store: str) -> None:
        self._path = root / FILE
        self._store = store
        """The store that they are about; a home may switch from one store to another."""

    @property
    def path(self) -> Path:
        return self._path

    def keep(self, statement: Mapping[str, Json]) -> None:
        """Append a head. InputError if the file cannot be written."""
        line = json.dumps({"store": self._store, "head": dict(statement)}, ensure_ascii=True) + "\n"
        try:
            private_folder(self._path.parent)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(handle).st_size
                torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
                os.write(handle, (("\n" if torn else "") + line).encode())
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise InputError(f"cannot write {self._path}: {error.strerror or error}") from None

    def heads(self) -> Iterator[SignedHead | str]:
        """(the heads about this store, oldest first; a sentence for each line that is not a head)."""
        try:
            with self._path.open(encoding="utf-8", errors="replace") as file:
                yield from self._heads(file)
        except FileNotFoundError:
            return
        except OSError as error:
            raise InputError(f"{self._path}: {error.strerror or error}") from None

    def _heads(self, lines: Iterable[str]) -> Iterator[SignedHead | str]:
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
                store, head = entry["store"], head_from(entry["head"])
            except (ValueError, KeyError, TypeError, RecursionError):
                yield f"{self._path.name}: line {number} is not a signed head: it was edited or truncated"
                continue
            if store == self._store:
                yield head


def expected(heads: Iterable[SignedHead]) -> dict[int, set[str]]:
    """The hashes in the heads by record number, for a walk along the chain."""
    found: dict[int, set[str]] = {}
    for head in heads:
        found.setdefault(head.seq, set()).add(head.hash)
    return found


def cut_off(walk: Walk, heads: Iterable[SignedHead], what: str) -> Iterator[str]:
    """A sentence for the last head that is beyond the end of the walk."""
    last = max(heads, key=lambda head: head.seq, default=None)
    if last is not None and last.seq > walk.seq:
        lost = last.seq - walk.seq
        yield (
            f"{what} ends at record {walk.seq}, and {last.told} says {last.seq}: "
            f"{'the last record was' if lost == 1 else f'the last {lost} records were'} cut off"
        )


def _count(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("this is not a signed head of a journal")
    return value
