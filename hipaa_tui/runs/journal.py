"""The journal: the append-only, hash-chained record of every run, committed before and after each call.

A record is one line of canonical JSON (RFC 8785) with its number, time, run, kind and body; its hash
is SHA-256 over the previous record's hash and that line, over all runs of the store in one chain.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from hipaa_tui.errors import InputError, RefusedError
from hipaa_tui.json_value import Json, canonical_bytes
from hipaa_tui.plans.model import Plan
from hipaa_tui.runs.model import RunState
from hipaa_tui.store.database import Store, now
from hipaa_tui.store.schema import records, runs

BEGINNING: Final = "0" * 64
"""What stands before the first record."""
SILENCE: Final = timedelta(minutes=5)
"""A run on another machine that said nothing for this long is taken for dead."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the journal."""

    seq: int
    at: str
    run: str
    kind: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends: the number of its last record (0 for none) and that record's hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the store keeps it; `state` is RUNNING also for one whose process died."""

    id: str
    kind: str
    plan: str
    of_run: str
    state: RunState
    started: str
    ended: str
    owner: str
    beat: str
    note: str

    @property
    def interrupted(self) -> bool:
        """Running by its record, while nobody runs it."""
        return self.state is RunState.RUNNING and not _alive(self.owner, self.beat)


class Journal:
    """Every write is one short transaction: when a method returns, the record is on disk."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, plan: Plan) -> str:
        """Start a run: its whole plan, prior values included, is journaled before anything is written.

        Returns the run's id. RefusedError where another run that is under way touches the same resources.
        """
        run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        started = now()
        with self._store.writing() as connection:
            self._refuse_overlap(connection, plan)
            connection.execute(
                insert(runs).values(
                    id=run,
                    kind=plan.kind,
                    plan=plan.hash,
                    of_run=plan.of_run,
                    state=RunState.RUNNING.value,
                    started=started,
                    ended="",
                    owner=_owner(),
                    beat=started,
                    note="",
                )
            )
            self._append(connection, run, "run.started", {"plan": plan.as_json()})
        return run

    def take_over(self, run: str) -> None:
        """Make this process the one that runs it. RefusedError where another one still does."""
        with self._store.writing() as connection:
            row = self._row(connection, run)
            if not row.interrupted:
                raise RefusedError(f"run {run} is {row.state.value}, so there is nothing to resume")
            self._refuse_overlap(connection, self.plan(run), apart_from=run)
            connection.execute(update(runs).where(runs.c.id == run).values(owner=_owner(), beat=now()))
            self._append(connection, run, "run.resumed", {"before": row.owner})

    def abandon(self, run: str, note: str) -> None:
        """Close an interrupted run as partly done, since its rollback takes over from here."""
        self.finish(run, RunState.PARTIAL, note)

    def append(self, run: str, kind: str, body: dict[str, Json]) -> None:
        """Add a record to a run and show that the run is alive."""
        with self._store.writing() as connection:
            row = self._row(connection, run)
            if row.owner != _owner():
                raise RefusedError(f"run {run} was taken over by another process: this one writes no more")
            self._append(connection, run, kind, body)
            connection.execute(update(runs).where(runs.c.id == run).values(beat=now()))

    def note(self, subject: str, kind: str, body: dict[str, Json]) -> None:
        """Add a record that belongs to no run ("plan:<hash>", "exceptions"); `of(subject)` reads it back."""
        with self._store.writing() as connection:
            self._append(connection, subject, kind, body)

    def finish(self, run: str, state: RunState, note: str = "") -> None:
        """Close the run."""
        ended = now()
        with self._store.writing() as connection:
            self._append(connection, run, "run.finished", {"state": state.value, "note": note})
            connection.execute(
                update(runs).where(runs.c.id == run).values(state=state.value, ended=ended, note=note)
            )

    def rows(self) -> list[RunRow]:
        """Every run, latest first."""
        with self._store.reading() as connection:
            found = connection.execute(select(runs).order_by(runs.c.started.desc(), runs.c.id.desc()))
            return [_run_row(row) for row in found]

    def row(self, run: str) -> RunRow:
        """The run whose id starts with `run`. InputError where none or several do."""
        with self._store.reading() as connection:
            found = [
                _run_row(row)
                for row in connection.execute(select(runs).where(runs.c.id.startswith(run, autoescape=True)))
            ]
        if len(found) == 1 and run:
            return found[0]
        if not found:
            raise InputError(f"there is no run {run!r}; `hipaa-tui history` lists them")
        raise InputError(f"{len(found)} runs start with {run!r}; give more of the id")

    def of(self, run: str) -> list[Record]:
        """The records of one run, oldest first."""
        with self._store.reading() as connection:
            found = connection.execute(
                select(records.c.body).where(records.c.run == run).order_by(records.c.seq)
            )
            return [_record(body) for (body,) in found]

    def plan(self, run: str) -> Plan:
        """The plan that a run carries out, as it was journaled."""
        with self._store.reading() as connection:
            body = connection.execute(
                select(records.c.body).where(records.c.run == run).order_by(records.c.seq).limit(1)
            ).scalar_one()
        return Plan.from_json(_record(body).body["plan"])

    def broken_links(self) -> Iterator[str]:
        """What is wrong with the chain, a sentence a fault; nothing where it is whole."""
        with self._store.reading() as connection:
            rows = connection.execute(select(records).order_by(records.c.seq)).all()
        previous, expected = BEGINNING, 1
        for row in rows:
            if row.seq != expected:
                yield f"record {expected} is missing: {row.seq} follows {expected - 1}"
            if row.previous != previous:
                yield f"record {row.seq} does not follow the one before it"
            if row.hash != _link(row.previous, row.body):
                yield f"record {row.seq} was edited: its content does not match its hash"
            previous, expected = row.hash, row.seq + 1

    def head(self) -> Head:
        """The last record's number and hash: whoever keeps it elsewhere can tell a truncated journal."""
        with self._store.reading() as connection:
            last = connection.execute(
                select(records.c.seq, records.c.hash).order_by(records.c.seq.desc()).limit(1)
            ).first()
        return Head(last.seq, last.hash) if last else Head(0, BEGINNING)

    def _append(self, connection: Connection, run: str, kind: str, body: dict[str, Json]) -> None:
        last = connection.execute(
            select(records.c.seq, records.c.hash).order_by(records.c.seq.desc()).limit(1)
        ).first()
        seq, previous = (last.seq + 1, last.hash) if last else (1, BEGINNING)
        line = canonical_bytes({"seq": seq, "at": now(), "run": run, "kind": kind, "body": body}).decode()
        connection.execute(
            insert(records).values(seq=seq, run=run, body=line, previous=previous, hash=_link(previous, line))
        )

    def _row(self, connection: Connection, run: str) -> RunRow:
        return _run_row(connection.execute(select(runs).where(runs.c.id == run)).one())

    def _refuse_overlap(self, connection: Connection, plan: Plan, apart_from: str = "") -> None:
        mine = {change.target.key for change in plan.changes}
        under_way = connection.execute(select(runs).where(runs.c.state == RunState.RUNNING.value)).all()
        for row in map(_run_row, under_way):
            if row.id in (apart_from, plan.of_run):
                continue
            first = connection.execute(
                select(records.c.body).where(records.c.run == row.id).order_by(records.c.seq).limit(1)
            ).scalar_one()
            theirs = Plan.from_json(_record(first).body["plan"])
            shared = sorted(c.target.name for c in theirs.changes if c.target.key in mine)
            if shared:
                how = (
                    "was interrupted: resume it or roll it back first" if row.interrupted else "is under way"
                )
                raise RefusedError(f"run {row.id} on {shared[0]} {how}")


def _link(previous: str, line: str) -> str:
    return hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()


def _record(line: str) -> Record:
    value = json.loads(line)
    return Record(value["seq"], value["at"], value["run"], value["kind"], value["body"])


def _run_row(row: Any) -> RunRow:
    return RunRow(
        row.id,
        row.kind,
        row.plan,
        row.of_run,
        RunState(row.state),
        row.started,
        row.ended,
        row.owner,
        row.beat,
        row.note,
    )


def _owner() -> str:
    """This process, so that a later one can tell whether it still lives: host, pid, time of its start."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def _started(pid: int) -> str:
    """When the process started, in ticks since boot; pids are used again. "" where it cannot be known."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def _alive(owner: str, beat: str) -> bool:
    host, pid, started = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return datetime.now(UTC) - datetime.fromisoformat(beat) < SILENCE
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not started or _started(int(pid)) == started


def last_of(found: Iterable[Record], kind: str, change: str) -> Record | None:
    """The last record of that kind about that change."""
    return next((r for r in reversed(list(found)) if r.kind == kind and r.body.get("change") == change), None)
