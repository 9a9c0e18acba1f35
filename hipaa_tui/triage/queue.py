"""The queue: every finding that was ever loaded or scanned, kept in the store, most urgent first."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from hipaa_tui.controls.citations import controls_of
from hipaa_tui.controls.priority import looks_phi, looks_public, priority
from hipaa_tui.findings.load import MergedFinding
from hipaa_tui.findings.model import Finding
from hipaa_tui.playbooks.load import Catalogue
from hipaa_tui.playbooks.model import Playbook
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.store.database import Store, now
from hipaa_tui.store.schema import findings as table
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.redaction import redact_text
from hipaa_tui.triage.exceptions import Excepted, Exceptions

OPEN: Final = "open"
FIXED: Final = "fixed"  # a fresh look confirmed that the resource complies
UNVERIFIED: Final = "unverified"  # written, but no fresh look confirmed it yet
ATTESTED: Final = "attested"  # a person gave evidence for every step, and no API can confirm it
GONE: Final = "gone"  # a plan looked, and its account does not list the resource any more
NOT_REACHED: Final = "not reached"  # in an account that the credentials of the last plan did not reach
MERGED: Final = "merged"  # our scan's row, which another tool's row now stands for
EXCEPTED: Final = "excepted"  # open, and somebody answers for leaving it so until a day; kept in the journal
SCAN: Final = "scan"


_NOT_FIXED: Final = (OPEN, UNVERIFIED, NOT_REACHED)
STATES: Final = (OPEN, FIXED, UNVERIFIED, ATTESTED, EXCEPTED, GONE, NOT_REACHED)
"""The states that users see, as in the contract for scripts (README)."""

_TEXTS: Final = tuple(
    field.name
    for field in fields(Finding)
    if field.name not in {"provider", "severity", "source", "tags", "known_as"}
)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One finding in the queue. `playbook` is "" if none covers the check."""

    id: str
    check: str
    sources: tuple[str, ...]
    title: str
    detail: str
    provider: str
    account: str
    region: str
    resource: str
    resource_name: str
    severity: str
    priority: int
    controls: tuple[str, ...]
    playbook: str
    state: str
    """One of STATES."""
    exception: Excepted | None = None

    def as_json(self) -> dict[str, Json]:
        """The JSON of the contract for scripts (README)."""
        return {
            "id": self.id,
            "check": self.check,
            "sources": list(self.sources),
            "title": self.title,
            "detail": self.detail,
            "provider": self.provider,
            "account": self.account,
            "region": self.region,
            "resource": self.resource,
            "severity": self.severity,
            "priority": self.priority,
            "controls": list(self.controls),
            "playbook": self.playbook or None,
            "state": self.state,
            "exception": self.exception.as_json() if self.exception else None,
        }


@dataclass(frozen=True, slots=True)
class Added:
    """Counts of added findings: `new`, `merged` into existing ones, `unmatched` by any playbook."""

    new: int
    merged: int
    unmatched: int


class Queue:
    """The findings in the store."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        exceptions: Callable[[], Exceptions] = Exceptions,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._exceptions = exceptions

    def add(self, merged: Sequence[MergedFinding]) -> Added:
        """Add loaded findings. An existing one gains sources and is open again.

        A report may be older than a fix. It reopens the finding all the same: planning a compliant one says so, while
        a failure that stays hidden would be found by the auditor.
        """
        new = joined = unmatched = 0
        with self._store.writing() as connection:
            for entry in merged:
                playbook = self._catalogue.for_check(entry.finding.check)
                unmatched += playbook is None
                finding = without_secrets(entry.finding)
                id = finding.fingerprint
                known = connection.execute(select(table).where(table.c.id == id)).first()
                if known is not None:
                    sources = list(dict.fromkeys([*json.loads(known.sources), *entry.sources]))
                    connection.execute(
                        update(table)
                        .where(table.c.id == id)
                        .values(sources=json.dumps(sources), last_seen=now(), state=OPEN)
                    )
                    joined += 1
                    continue
                target = target_key(finding, playbook)
                sources = [*entry.sources, *self._stand_for(connection, playbook, target)]
                connection.execute(insert(table).values(_row(finding, sources, playbook, target)))
                new += 1
        return Added(new, joined, unmatched)

    def add_scan(self, found: Iterable[Finding], examined: Collection[tuple[str, str]]) -> Added:
        """Store the result of a scan.

        A finding of another tool on the same resource for the same playbook is confirmed, not duplicated; what was
        examined and complies is marked fixed."""
        new = joined = 0
        failing: set[tuple[str, str]] = set()
        with self._store.writing() as connection:
            for seen in found:
                playbook = self._catalogue.get(seen.check)
                finding = without_secrets(seen)
                target = target_key(finding, playbook)
                failing.add((playbook.id, target))
                same = connection.execute(
                    select(table).where(
                        table.c.playbook == playbook.id, table.c.target == target, table.c.state != MERGED
                    )
                ).all()
                for row in same:
                    sources = list(dict.fromkeys([*json.loads(row.sources), SCAN]))
                    connection.execute(
                        update(table)
                        .where(table.c.id == row.id)
                        .values(sources=json.dumps(sources), last_seen=now(), state=OPEN)
                    )
                if same:
                    joined += 1
                else:
                    connection.execute(insert(table).values(_row(finding, [SCAN], playbook, target)))
                    new += 1
            for row in connection.execute(
                select(table.c.id, table.c.playbook, table.c.target).where(table.c.state.in_(_NOT_FIXED))
            ).all():
                pair = (row.playbook, row.target)
                if pair in examined and pair not in failing:
                    connection.execute(
                        update(table).where(table.c.id == row.id).values(state=FIXED, last_seen=now())
                    )
        return Added(new, joined, 0)

    def rows(self, words: str = "", state: str = "") -> list[QueueRow]:
        """The findings, most urgent first. A row must contain every word of `words` (ignoring case)."""
        query = select(table).where(table.c.state != MERGED)
        if state:
            query = query.where(table.c.state.in_(_NOT_FIXED if state == EXCEPTED else (state,)))
        exceptions = self._exceptions()
        with self._store.reading() as connection:
            rows = connection.execute(query.order_by(table.c.priority.desc(), table.c.id)).all()
        found = [_queue_row(row, exceptions) for row in rows]
        if state:
            found = [row for row in found if row.state == state]
        wanted = words.casefold().split()
        if not wanted:
            return found
        return [row for row in found if all(word in _haystack(row) for word in wanted)]

    def row(self, id: str) -> QueueRow:
        """The finding whose id starts with `id`. InputError if none or several do."""
        return _queue_row(self._one(id), self._exceptions())

    def target(self, id: str) -> str:
        """The key of the resource that the finding's playbook would change, or ""."""
        return str(self._one(id).target)

    def finding(self, id: str) -> Finding:
        """The stored finding. InputError as for `row`."""
        return _finding(self._one(id).body)

    def findings(self) -> list[Finding]:
        """Every finding that is open or was not reached, and is not excepted, most urgent first."""
        exceptions = self._exceptions()
        with self._store.reading() as connection:
            rows = connection.execute(
                select(table)
                .where(table.c.state.in_((OPEN, NOT_REACHED)))
                .order_by(table.c.priority.desc(), table.c.id)
            ).all()
        return [_finding(row.body) for row in rows if _exception(row, exceptions) is None]

    def mark(self, ids: Iterable[str], state: str, *, only: str = "") -> None:
        """Set the state of findings, only of those in the state `only` if given. Unknown ids are ignored."""
        chosen = sorted(set(ids))
        if not chosen:
            return
        with self._store.writing() as connection:
            for id in chosen:
                statement = update(table).where(table.c.id == id, table.c.state != MERGED)
                if only:
                    statement = statement.where(table.c.state == only)
                connection.execute(statement.values(state=state))

    def _one(self, id: str) -> Any:
        with self._store.reading() as connection:
            rows = connection.execute(
                select(table)
                .where(table.c.id.startswith(id, autoescape=True), table.c.state != MERGED)
                .limit(2)
            ).all()
        if len(rows) == 1 and id:
            return rows[0]
        if rows:
            raise InputError(f"several findings start with {id!r}; give more characters of the id")
        raise InputError(f"there is no finding {id!r}; `hipaa-tui findings` lists them")

    def _stand_for(self, connection: Connection, playbook: Playbook | None, target: str) -> list[str]:
        """Let a new row replace our scan's row on the same resource. Returns the sources that it inherits."""
        if playbook is None or not target:
            return []
        scanned = connection.execute(
            select(table.c.id).where(
                table.c.playbook == playbook.id,
                table.c.target == target,
                table.c.sources == json.dumps([SCAN]),
                table.c.state != MERGED,
            )
        ).all()
        for row in scanned:
            connection.execute(update(table).where(table.c.id == row.id).values(state=MERGED))
        return [SCAN] if scanned else []


_redacted = lru_cache(4096)(redact_text)  # checks, titles and regions repeat in a report


def without_secrets(finding: Finding) -> Finding:
    """The finding as it is stored, without the secrets that scanners quote. Its fingerprint is unchanged."""
    texts = {name: getattr(finding, name) for name in _TEXTS}
    shown: dict[str, Any] = {name: _redacted(text) for name, text in texts.items()}
    tags = tuple(redact_text(tag) for tag in finding.tags)
    if shown == texts and tags == finding.tags:
        return finding
    return replace(finding, **shown, tags=tags, known_as=finding.fingerprint)


def target_key(finding: Finding, playbook: Playbook | None) -> str:
    """The key of the resource that the playbook would change, or ""."""
    if playbook is None or not playbook.primary:
        return ""
    target = resource_types()[playbook.resource].target(
        finding.resource, finding.account, finding.region, finding.partition
    )
    return target.key if target else ""


def _row(finding: Finding, sources: Sequence[str], playbook: Playbook | None, target: str) -> dict[str, Any]:
    controls = controls_of(finding.check) or (playbook.controls if playbook else ())
    seen = now()
    return {
        "id": finding.fingerprint,
        "body": json.dumps(asdict(finding), ensure_ascii=False),
        "sources": json.dumps(list(dict.fromkeys(sources))),
        "playbook": playbook.id if playbook else "",
        "target": target,
        "controls": json.dumps(list(controls)),
        "priority": priority(
            finding.severity,
            controls,
            exposure=looks_public(finding.check),
            phi=looks_phi(finding.resource_name, finding.tags),
            automatic=playbook is not None and not playbook.guided,
        ),
        "state": OPEN,
        "first_seen": seen,
        "last_seen": seen,
    }


def _finding(body: str) -> Finding:
    value = json.loads(body)
    return replace(Finding(**{**value, "tags": ()}), tags=tuple(value.get("tags", ())))


def _exception(row: Any, exceptions: Exceptions) -> Excepted | None:
    """The exception for a row that is not fixed."""
    if not exceptions or row.state not in _NOT_FIXED:
        return None
    return exceptions.of(row.id, row.playbook, row.target)


def _queue_row(row: Any, exceptions: Exceptions) -> QueueRow:
    finding = _finding(row.body)
    exception = _exception(row, exceptions)
    return QueueRow(
        id=row.id,
        check=finding.check,
        sources=tuple(json.loads(row.sources)),
        title=finding.title,
        detail=finding.detail,
        provider=finding.provider,
        account=finding.account,
        region=finding.region,
        resource=finding.resource,
        resource_name=finding.resource_name,
        severity=finding.severity,
        priority=row.priority,
        controls=tuple(json.loads(row.controls)),
        playbook=row.playbook,
        state=EXCEPTED if exception else row.state,
        exception=exception,
    )


def _haystack(row: QueueRow) -> str:
    return " ".join(
        (
            row.id,
            row.check,
            row.title,
            row.resource,
            row.severity,
            row.playbook,
            row.region,
            row.state,
            *row.controls,
        )
    ).casefold()
