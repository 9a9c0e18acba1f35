"""Proves the journal's integrity: signs its heads, exports it, and verifies it or an export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NoReturn, TextIO

from hipaa_tui.journal.chain import Walk
from hipaa_tui.journal.export import verify_export, write_export
from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.signed_heads import KeptHeads, SignedHead, cut_off, expected, sign_head
from hipaa_tui.support.errors import HipaaTuiError, RefusedError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.private_files import writing_private
from hipaa_tui.support.signing import Identity, fingerprint

MOST: Final = 1000
"""Maximum number of faults reported."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of verifying the journal or an export: intact if there are no faults."""

    what: str
    records: int
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Json]:
        return {
            "what": self.what,
            "whole": not self.faults,
            "records": self.records,
            "faults": list(self.faults),
            "notes": list(self.notes),
        }


class JournalProofs:
    """The journal's proofs. `whose` returns the owner of a key that this home knows, else ""."""

    def __init__(
        self,
        journal: Journal,
        kept: KeptHeads,
        identity: Callable[[], Identity],
        whose: Callable[[str], str],
    ) -> None:
        self._journal = journal
        self._kept = kept
        self._identity = identity
        self._whose = whose

    def head(self) -> dict[str, Json]:
        """The journal's signed head; a copy is kept in this home."""
        head = self._journal.head()
        statement = sign_head(self._identity(), head.seq, head.hash)
        self._kept.keep(statement)
        return statement

    def after_run(self) -> None:
        """Keep the current head. A failure is ignored: the run's result matters more."""
        with suppress(HipaaTuiError):
            self.head()

    def export(self, run: str, where: Path | TextIO) -> dict[str, Json]:
        """Write the whole journal, or a run, to a file. Returns the signed head with which it starts."""
        id = self._journal.row(run).id if run else ""
        if isinstance(where, Path):
            with writing_private(where) as file:
                statement = write_export(self._journal, self._identity(), file, id)
        else:
            statement = write_export(self._journal, self._identity(), where, id)
        if not id:
            self._kept.keep(statement)
        return statement

    def verify(self, heads: Sequence[SignedHead] = (), keys: Sequence[str] = ()) -> Proof:
        """Verify this home's journal: its chain, and the heads that were signed earlier."""
        faults = [*self._strangers(heads, keys)]
        known = list(heads)
        mine = self._identity().key
        for number, kept in enumerate(self._kept.heads(), start=1):
            if isinstance(kept, str):
                faults.append(kept)
            elif kept.key != mine:
                faults.append(
                    f"{self._kept.path.name}: head {number} of this store is not signed by this home"
                )
            else:
                known.append(kept)
        walk = Walk(expected(known))
        faults += islice(walk.faults(self._journal.links()), MOST)
        faults += cut_off(walk, known, "the journal")
        notes = (
            [f"compared with {len(known)} signed heads"]
            if known
            else ["there is no signed head to compare with, so records missing at the end cannot be noticed"]
        )
        return Proof("the journal", walk.seq, tuple(faults), tuple(notes))

    def refuse_edited(self, run: str) -> None:
        """RefusedError if the run's records cannot be trusted, since prior values are restored from them.

        That is: a fault in the chain up to the run's last record, a contradicting head signed here, or a chain that ends
        before such a head. Faults in later records of other runs do not matter.
        """
        known = self._own_heads()
        walk = Walk(expected(known))
        last = self._journal.last_of(run)
        for link in self._journal.links():
            for fault in walk.faults([link]):
                if link.seq <= last or link.seq in walk.expected:
                    self._refuse(run, fault)
        for fault in cut_off(walk, known, "the journal"):
            self._refuse(run, fault)

    def _refuse(self, run: str, fault: str) -> NoReturn:
        raise RefusedError(
            f"nothing was changed: the journal is broken ({fault}), so the earlier values of run {run} may not be the "
            "original ones; `hipaa-tui journal verify` lists every fault, and a backup or an export of the "
            "journal has the original records"
        )

    def _own_heads(self) -> list[SignedHead]:
        """The heads that this home signed; none if its key cannot be read."""
        try:
            mine = self._identity().key
        except HipaaTuiError:
            return []
        return [head for head in self._kept.heads() if isinstance(head, SignedHead) and head.key == mine]

    def verify_file(self, path: Path, heads: Sequence[SignedHead] = (), keys: Sequence[str] = ()) -> Proof:
        """Verify an exported file. InputError if it is not one."""
        export, faults = verify_export(path, heads, MOST)
        head = export.head
        signer = f"{head.by}, key {fingerprint(head.key)}" if head.key else head.by
        about = f"run {head.run.id} of " if head.run else ""
        notes = [f"{about}the journal up to record {head.seq}, signed on {head.at[:19]} by {signer}"]
        found = [*self._strangers([head, *heads], keys), *faults]
        return Proof(str(path), export.records, tuple(found), tuple(notes))

    def _strangers(self, heads: Iterable[SignedHead], keys: Sequence[str]) -> list[str]:
        """A sentence for each head with an invalid signature or an unknown key."""
        found = []
        for head in heads:
            if not head.key:
                found.append(f"the signature of {head.told} is invalid: it was edited")
            elif keys and head.key not in keys:
                found.append(f"{head.told} is signed by key {fingerprint(head.key)}, not by the given one")
            elif not keys and not self._whose(head.key):
                found.append(
                    f"{head.told} is signed by an unknown key ({fingerprint(head.key)}), so it proves nothing here; "
                    f"if you trust that key, use --key {head.key}"
                )
        return list(dict.fromkeys(found))
