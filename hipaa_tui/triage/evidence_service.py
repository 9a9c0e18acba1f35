"""Records evidence, and says of a guided finding how far it is: the journal keeps it, the queue shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.model import Skipped
from hipaa_tui.playbooks.load import Catalogue
from hipaa_tui.playbooks.model import Playbook
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.redaction import redact_text
from hipaa_tui.triage import evidence
from hipaa_tui.triage.evidence import Evidence
from hipaa_tui.triage.queue import ATTESTED, Queue


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a person is: the evidence by the step that it proves, and whether a scan will confirm the end."""

    playbook: Playbook | None
    evidence: tuple[Evidence, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        """The steps that nothing proves yet, counted from 1."""
        proven = {one.step for one in self.evidence}
        steps = self.playbook.steps if self.playbook else ()
        return tuple(number for number, _ in enumerate(steps, start=1) if number not in proven)

    @property
    def confirmed_by_scan(self) -> bool:
        return self.playbook is not None and bool(self.playbook.checks)

    @property
    def next(self) -> str:
        """What is to be done now, as a sentence."""
        if self.playbook is None or not self.playbook.guided:
            return "this finding has no steps for a person"
        if self.missing:
            numbers = ", ".join(map(str, self.missing))
            return f"evidence is missing for {'step' if len(self.missing) == 1 else 'steps'} {numbers}"
        if self.confirmed_by_scan:
            return "every step has evidence: scan again, the finding is fixed when a fresh look says so"
        return "every step has evidence; no API can confirm it, so the finding stands as attested"


class Evidencing:
    """The evidence of one journal. `queue`, `catalogue` and `name` (of who acts) are asked for when needed."""

    def __init__(
        self,
        journal: Journal,
        queue: Callable[[], Queue],
        catalogue: Callable[[], Catalogue],
        name: Callable[[], str],
    ) -> None:
        self._journal = journal
        self._queue = queue
        self._catalogue = catalogue
        self._name = name

    def of(self, finding: str) -> Progress:
        """What there is for the finding. InputError where there is no such finding."""
        row = self._queue().row(finding)
        records = self._journal.of(evidence.SUBJECT)
        found = evidence.read(((record.at, record.kind, record.body) for record in records), row.id)
        return Progress(self._catalogue().playbooks.get(row.playbook), tuple(found))

    def record(self, finding: str, step: int, text: str, file: Path | None = None) -> Progress:
        """Keep what proves a step of a guided finding, and say how far it is. InputError."""
        row = self._queue().row(finding)
        playbook = self._catalogue().playbooks.get(row.playbook)
        if playbook is None or not playbook.guided:
            raise InputError(f"{row.id} is no guided finding: a run keeps the evidence of what it changes")
        if not 1 <= step <= len(playbook.steps):
            raise InputError(f"{playbook.id} has the steps 1 to {len(playbook.steps)}, and no step {step}")
        text = redact_text(text.strip())
        if not text:
            raise InputError(
                "say in a sentence what was done, where it can be seen, and by whom: --note TEXT"
            )
        digest, size = evidence.fingerprint(file) if file else ("", 0)
        self._keep(
            Evidence(
                finding=row.id,
                playbook=playbook.id,
                resource=row.resource,
                step=step,
                text=text,
                file=redact_text(file.name) if file else "",
                sha256=digest,
                size=size,
                by=self._name(),
            )
        )
        now = self.of(row.id)
        if not now.missing and not now.confirmed_by_scan:
            self._queue().mark([row.id], ATTESTED)
        return now

    def complied(self, found: Iterable[Skipped]) -> None:
        """Keep that a fresh look found these findings' resources right: an audit asks why nothing was done."""
        for one in found:
            name = self._name()
            text = "a fresh look before the plan found it right"
            self._keep(Evidence(one.subject, one.playbook, one.resource, 0, text, "", "", 0, name))

    def _keep(self, one: Evidence) -> None:
        self._journal.note(evidence.SUBJECT, one.kind, one.as_json())
