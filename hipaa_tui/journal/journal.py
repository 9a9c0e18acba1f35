"""The journal: the append-only, hash-chained record of every run, committed before and after each call.

A record is one line of canonical JSON (RFC 8785) with its number, time, run, kind and body; its hash
is SHA-256 over the previous record's hash and that line, over all runs of the store in one chain.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from hipaa_tui.journal import leases
from hipaa_tui.journal.chain import BEGINNING, Link, Walk, link_hash
from hipaa_tui.journal.states import FencedError, RunState
from hipaa_tui.journal.worker import LEASE, NOBODY, alive, new_worker
from hipaa_tui.plans.model import Plan
from hipaa_tui.store.database import Store, now
from hipaa_tui.store.schema import records, runs
from hipaa_tui.support.errors import InputError, RefusedError
from hipaa_tui.support.json_value import Json, canonical_bytes
from hipaa_tui.support.redaction import redact, redact_text

PAGE: Final = 500
"""Records per page when the whole journal is read."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the journal."""

    seq: int
    at: str
    run: str
    kind: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the number of its last record (0 for none) and that record's hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the store. `state` is RUNNING also for one that is `interrupted`: its worker is gone."""

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
    interrupted: bool


class Journal:
    """The journal of a store. Every write is one short transaction: when a method returns, the record is on disk."""

    def __init__(self, store: Store, lease: timedelta = LEASE) -> None:
        self._store = store
        self._lease = lease
        self._me = new_worker()

    @property
    def worker(self) -> str:
        """The name of the worker that writes through this journal."""
        return self._me

    @property
    def lease(self) -> timedelta:
        """Seconds without a heartbeat after which a worker's run may be taken over."""
        return self._lease

    def begin(self, plan: Plan, context: Mapping[str, Json] | None = None) -> str:
        """Start a run: its whole plan, prior values included, is journaled before anything is written.

        `context` is recorded, too: who applies it, who approved it. Returns the run's id. RefusedError if another
        unfinished run has one of the resources, or if the plan contains what looks like a secret. A rollback takes the
        leases over from the interrupted run that it undoes.
        """
        run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        body: dict[str, Json] = {"plan": plan.as_json()}
        if redact(body["plan"]) != body["plan"]:
            raise RefusedError(
                "the plan contains what looks like a secret, which must not be written to the journal; nothing was changed"
            )
        if context:
            body["context"] = dict(context)
        with self._store.writing() as connection:
            clock = self._store.clock(connection)
            undone = self._row(connection, plan.of_run, clock) if plan.of_run else None
            if undone is not None and undone.state is RunState.RUNNING:
                if not undone.interrupted:
                    raise RefusedError(f"run {undone.id} is in progress; wait until it has ended")
                self._close(connection, undone.id, RunState.PARTIAL, f"interrupted, and undone by run {run}")
            self._refuse_taken(connection, plan, clock)
            beat = _time(clock)
            connection.execute(
                insert(runs).values(
                    id=run,
                    kind=plan.kind,
                    plan=plan.hash,
                    of_run=plan.of_run,
                    state=RunState.RUNNING.value,
                    started=beat,
                    ended="",
                    owner=self._me,
                    beat=beat,
                    note="",
                )
            )
            leases.take(connection, run, (change.target for change in plan.changes))
            self._append(connection, run, "run.started", body)
        return run

    def take_over(self, run: str) -> None:
        """Make this worker the run's worker. RefusedError if another one is still alive."""
        with self._store.writing() as connection:
            clock = self._store.clock(connection)
            row = self._row(connection, run, clock)
            if not row.interrupted:
                raise RefusedError(f"run {run} is {row.state.value}, so there is nothing to resume")
            connection.execute(
                update(runs).where(runs.c.id == run).values(owner=self._me, beat=_time(clock), note="")
            )
            self._append(connection, run, "run.resumed", {"before": row.owner, "worker": self._me})

    def close_undone(self, run: str) -> None:
        """Close an interrupted run that left nothing to undo. RefusedError if it is not interrupted."""
        self.take_over(run)
        self.finish(run, RunState.STOPPED, "interrupted; nothing had to be undone")

    def hold(self, run: str) -> None:
        """Send a heartbeat for the run. FencedError if another worker has taken it over."""
        with self._store.writing() as connection:
            self._renew(connection, run)

    def append(self, run: str, kind: str, body: dict[str, Json]) -> None:
        """Append a record to a run and renew its lease. FencedError if another worker has taken it over."""
        with self._store.writing() as connection:
            self._renew(connection, run)
            self._append(connection, run, kind, body)

    def alarm(self, run: str, body: dict[str, Json]) -> None:
        """Record that a worker which had lost the run may have made one more call. Needs no lease."""
        with self._store.writing() as connection:
            self._append(connection, run, "run.alarm", {"worker": self._me, **body})

    def lay_down(self, run: str, reason: str) -> None:
        """Pause the run so that it can be resumed. It keeps its leases."""
        with self._store.writing() as connection:
            self._renew(connection, run)
            self._append(connection, run, "run.laid-down", {"reason": reason})
            connection.execute(
                update(runs).where(runs.c.id == run).values(owner=NOBODY, note=redact_text(reason))
            )

    def note(self, subject: str, kind: str, body: dict[str, Json]) -> None:
        """Append a record that belongs to no run ("plan:<hash>", "exceptions"); read it back with `of(subject)`."""
        with self._store.writing() as connection:
            self._append(connection, subject, kind, body)

    def finish(self, run: str, state: RunState, note: str = "") -> None:
        """Close the run and release its leases. FencedError if another worker has taken it over."""
        with self._store.writing() as connection:
            self._renew(connection, run)
            self._close(connection, run, state, note)

    def rows(self) -> list[RunRow]:
        """Every run, latest first."""
        with self._store.reading() as connection:
            found = connection.execute(select(runs).order_by(runs.c.started.desc(), runs.c.id.desc()))
            clock = self._store.clock(connection)
            return [self._seen(row, clock) for row in found]

    def row(self, run: str) -> RunRow:
        """The run whose id starts with `run`. InputError if none or several do."""
        with self._store.reading() as connection:
            clock = self._store.clock(connection)
            found = [
                self._seen(row, clock)
                for row in connection.execute(select(runs).where(runs.c.id.startswith(run, autoescape=True)))
            ]
        if len(found) == 1 and run:
            return found[0]
        if not found:
            raise InputError(f"there is no run {run!r}; `hipaa-tui history` lists them")
        raise InputError(f"{len(found)} runs start with {run!r}; give more characters of the id")

    def of(self, run: str) -> list[Record]:
        """The records of one run, oldest first."""
        with self._store.reading() as connection:
            found = connection.execute(
                select(records.c.body).where(records.c.run == run).order_by(records.c.seq)
            )
            return [_record(body) for (body,) in found]

    def plan(self, run: str) -> Plan:
        """The plan of a run, as it was journaled."""
        with self._store.reading() as connection:
            body = connection.execute(
                select(records.c.body).where(records.c.run == run).order_by(records.c.seq).limit(1)
            ).scalar_one()
        return Plan.from_json(_record(body).body["plan"])

    def last_of(self, run: str) -> int:
        """The number of the run's last record; 0 if it has none."""
        with self._store.reading() as connection:
            query = select(func.max(records.c.seq)).where(records.c.run == run)
            return int(connection.execute(query).scalar() or 0)

    def broken_links(self) -> Iterator[str]:
        """The faults of the chain, a sentence each; none if it is intact."""
        return Walk().faults(self.links())

    def links(self, run: str = "") -> Iterator[Link]:
        """The records as links of the chain, in order; only those of `run` if given. Read a page at a time."""
        query = select(records).order_by(records.c.seq).limit(PAGE)
        if run:
            query = query.where(records.c.run == run)
        last: int | None = None
        while True:
            page = query if last is None else query.where(records.c.seq > last)
            with self._store.reading() as connection:
                found = [
                    Link(row.seq, row.run, row.body, row.previous, row.hash)
                    for row in connection.execute(page)
                ]
            yield from found
            if len(found) < PAGE:
                return
            last = found[-1].seq

    def head(self) -> Head:
        """The last record's number and hash. Kept elsewhere, they show that a journal was truncated."""
        with self._store.reading() as connection:
            last = connection.execute(
                select(records.c.seq, records.c.hash).order_by(records.c.seq.desc()).limit(1)
            ).first()
        return Head(last.seq, last.hash) if last else Head(0, BEGINNING)

    def _append(self, connection: Connection, run: str, kind: str, body: dict[str, Json]) -> None:
        kept = body if kind == "run.started" else redact(body)  # a plan with a secret was refused
        last = connection.execute(
            select(records.c.seq, records.c.hash).order_by(records.c.seq.desc()).limit(1)
        ).first()
        seq, previous = (last.seq + 1, last.hash) if last else (1, BEGINNING)
        line = canonical_bytes({"seq": seq, "at": now(), "run": run, "kind": kind, "body": kept}).decode()
        connection.execute(
            insert(records).values(
                seq=seq, run=run, body=line, previous=previous, hash=link_hash(previous, line)
            )
        )

    def _close(self, connection: Connection, run: str, state: RunState, note: str) -> None:
        note = redact_text(note)
        self._append(connection, run, "run.finished", {"state": state.value, "note": note})
        connection.execute(
            update(runs).where(runs.c.id == run).values(state=state.value, ended=now(), note=note)
        )
        leases.release(connection, run)

    def _renew(self, connection: Connection, run: str) -> None:
        clock = self._store.clock(connection)
        row = self._row(connection, run, clock)
        if row.owner != self._me or row.state is not RunState.RUNNING:
            whose = "was closed" if row.state is not RunState.RUNNING else "was taken over"
            raise FencedError(f"run {run} {whose} by another process; this one stops writing")
        connection.execute(update(runs).where(runs.c.id == run).values(beat=_time(clock)))

    def _row(self, connection: Connection, run: str, clock: datetime) -> RunRow:
        return self._seen(connection.execute(select(runs).where(runs.c.id == run)).one(), clock)

    def _seen(self, row: Any, clock: datetime) -> RunRow:
        state = RunState(row.state)
        return RunRow(
            row.id,
            row.kind,
            row.plan,
            row.of_run,
            state,
            row.started,
            row.ended,
            row.owner,
            row.beat,
            row.note,
            state is RunState.RUNNING and not alive(row.owner, row.beat, clock, self._lease),
        )

    def _refuse_taken(self, connection: Connection, plan: Plan, clock: datetime) -> None:
        """RefusedError if another run, alive or interrupted, has one of the plan's resources."""
        taken = leases.holder(connection, (change.target for change in plan.changes))
        if taken is None:
            return
        row = self._row(connection, taken.run, clock)
        how = "was interrupted; resume it or roll it back first" if row.interrupted else "is in progress"
        raise RefusedError(f"run {row.id} on {taken.name} {how}")


def _time(clock: datetime) -> str:
    return clock.isoformat(timespec="milliseconds")


def _record(line: str) -> Record:
    value = json.loads(line)
    return Record(value["seq"], value["at"], value["run"], value["kind"], value["body"])


def last_of(found: Iterable[Record], kind: str, change: str) -> Record | None:
    """The last record of that kind about that change."""
    return next((r for r in reversed(list(found)) if r.kind == kind and r.body.get("change") == change), None)
