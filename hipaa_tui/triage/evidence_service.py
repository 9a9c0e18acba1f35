"""Records the evidence for guided findings, and tracks which steps still need some."""

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
    """The progress of a guided finding: the evidence recorded so far, and what is missing."""

    playbook: Playbook | None
    evidence: tuple[Evidence, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        """The steps without evidence, counted from 1."""
        proven = {one.step for one in self.evidence}
        steps = self.playbook.steps if self.playbook else ()
        return tuple(number for number, _ in enumerate(steps, start=1) if number not in proven)

    @property
    def confirmed_by_scan(self) -> bool:
        return self.playbook is not None and bool(self.playbook.checks)

    @property
    def next(self) -> str:
        """What to do next, as a sentence without its first capital and full stop."""
        if self.playbook is None or not self.playbook.guided:
            return "this finding has no manual steps"
        if self.missing:
            numbers = ", ".join(map(str, self.missing))
            return f"evidence is missing for {'step' if len(self.missing) == 1 else 'steps'} {numbers}"
        if self.confirmed_by_scan:
            return "every step has evidence: scan again to have the fix confirmed"
        return "every step has evidence; no API can confirm the fix, so the finding is attested"


class EvidenceService:
    """The evidence in a journal. `queue`, `catalogue` and `name` (the user's) are called only when needed."""

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
        """The evidence for the finding. InputError if there is no such finding."""
        row = self._queue().row(finding)
        records = self._journal.of(evidence.SUBJECT)
        found = evidence.read(((record.at, record.kind, record.body) for record in records), row.id)
        return Progress(self._catalogue().playbooks.get(row.playbook), tuple(found))

    def record(self, finding: str, step: int, text: str, file: Path | None = None) -> Progress:
        """Record the evidence for a step of a guided finding. Returns the finding's progress. InputError."""
        row = self._queue().row(finding)
        playbook = self._catalogue().playbooks.get(row.playbook)
        if playbook is None or not playbook.guided:
            raise InputError(f"{row.id} is not a guided finding: its evidence is the run that fixes it")
        if not 1 <= step <= len(playbook.steps):
            raise InputError(f"{playbook.id} has no step {step}, only 1 to {len(playbook.steps)}")
        text = redact_text(text.strip())
        if not text:
            raise InputError(
                "the note is empty: say what was done, by whom, and where to see it (--note TEXT)"
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
        """Record that planning found these findings' resources compliant: an auditor may ask why nothing was done."""
        for one in found:
            name = self._name()
            text = "already complied when a plan read it"
            self._keep(Evidence(one.subject, one.playbook, one.resource, 0, text, "", "", 0, name))

    def _keep(self, one: Evidence) -> None:
        self._journal.note(evidence.SUBJECT, one.kind, one.as_json())
