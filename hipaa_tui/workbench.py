"""The API of the core: everything that a screen or a command can do, without terminal or widget.

The TUI and the CLI both use only this class, so that neither can do what the other cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hipaa_tui.clouds.connections import Connections
from hipaa_tui.clouds.scan_scope import Place, places
from hipaa_tui.findings.load import load_files, merge
from hipaa_tui.findings.model import Finding
from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.proofs import JournalProofs
from hipaa_tui.journal.signed_heads import KeptHeads
from hipaa_tui.patches.locate_findings import locate_findings
from hipaa_tui.plans.all_regions import in_every_region, without_the_compliant
from hipaa_tui.plans.model import COMPLIES, GONE, NOT_REACHED, Plan, Skipped, save
from hipaa_tui.plans.planner import FixRequest, fix_requests, make_plan
from hipaa_tui.plans.reach import Reach, within_reach
from hipaa_tui.plans.scan import Scanned, scan
from hipaa_tui.plans.unnamed_resources import with_unnamed_resources
from hipaa_tui.plans.write_access import Writes
from hipaa_tui.playbooks.load import Catalogue, load, with_answers
from hipaa_tui.policy.admission import Admission
from hipaa_tui.policy.decide import Decision
from hipaa_tui.providers.access import Access
from hipaa_tui.providers.model import Clouds, Progress, Silent
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.model import ChangeState, RunView
from hipaa_tui.runs.rollback import leaves_nothing, rollback_plan
from hipaa_tui.runs.verify import Verified, verify
from hipaa_tui.runs.views import view, views
from hipaa_tui.store.database import open_store
from hipaa_tui.support.config import Config, Home, find_home, read_config
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.triage import queue
from hipaa_tui.triage.evidence_service import EvidenceService
from hipaa_tui.triage.exceptions_service import ExceptionService
from hipaa_tui.triage.queue import FIXED, OPEN, UNVERIFIED, Added, Queue, QueueRow

if TYPE_CHECKING:
    from hipaa_tui.patches.code.finding_locator import Where
    from hipaa_tui.patches.code.ownership import Managers
    from hipaa_tui.patches.service import PatchService
    from hipaa_tui.providers.model import Target
    from hipaa_tui.records.collect import RecordCollector

_SEEN: Final = {COMPLIES: FIXED, GONE: queue.GONE, NOT_REACHED: queue.NOT_REACHED}
"""A finding's new state, by the kind of reason for which a plan leaves it out."""

__all__ = ["LoadReport", "QueueRow", "ScanReport", "Workbench", "open_workbench"]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The result of loading reports: counts of rows, and the details of each file."""

    read: int
    new: int
    merged: int
    unmatched: int
    bad: int
    files: tuple[Mapping[str, Json], ...]
    located: int = 0
    """Rows about Terraform code that were mapped to cloud resources."""
    unlocated: int = 0
    """Rows about Terraform code that were not; the files have them with the reason."""

    def as_json(self) -> dict[str, Json]:
        """The JSON of the contract for scripts (README)."""
        return {
            "read": self.read,
            "new": self.new,
            "merged": self.merged,
            "unmatched": self.unmatched,
            "bad": self.bad,
            "located": self.located,
            "unlocated": self.unlocated,
            "files": [dict(file) for file in self.files],
        }


@dataclass(frozen=True, slots=True)
class ScanReport:
    """The result of a scan: failing and new findings, the number of checks, and what could not be checked."""

    failing: int
    new: int
    examined: int
    places: tuple[str, ...]
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Json]:
        return {
            "failing": self.failing,
            "new": self.new,
            "examined": self.examined,
            "places": list(self.places),
            "problems": list(self.problems),
        }


def _unheard(_sentence: str) -> None:
    """Ignores warnings."""


class Workbench:
    """Opened on a home folder. Its methods may be called from any thread, but only one at a time.

    `warn` is called with a sentence for a team's file (a playbook, the policy) that is invalid and left out.
    """

    def __init__(
        self,
        home: Home,
        config: Config | None = None,
        access: Access | None = None,
        *,
        read_only: bool = False,
        warn: Callable[[str], None] = _unheard,
    ) -> None:
        self.home = home
        self.config = config or Config()
        self.access = access or access_of(self.config)
        self.read_only = read_only or self.config.read_only
        self.warn = warn
        self._writes = Writes(read_only=self.read_only, clouds=lambda: self.clouds)
        self.clouds: Clouds = Connections(self.access)
        self._store = open_store(self.config.store or home.store)
        self.journal = Journal(self._store)
        self.exceptions = ExceptionService(self.journal, lambda: self._queue, lambda: self.gate.identity.name)
        self.evidence = EvidenceService(
            self.journal, lambda: self._queue, lambda: self.catalogue, lambda: self.gate.identity.name
        )
        self.gate = Admission(
            home, self.config, self.journal, lambda: self.clouds, self.exceptions.holding, warn=warn
        )
        kept = KeptHeads(home.root, self._store.where if self.config.store else home.store.name)
        self.keeping = JournalProofs(self.journal, kept, lambda: self.gate.identity, self._whose)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The shipped playbooks and the team's own, with the team's defaults for parameters."""
        return with_answers(load(self.config.playbooks, self.warn), self.config.answers)

    @cached_property
    def _queue(self) -> Queue:
        return Queue(self._store, self.catalogue, self.exceptions.holding)

    # Findings

    def load(
        self, paths: Sequence[Path], progress: Progress | None = None, where: Where | None = None
    ) -> LoadReport:
        """Load scanner reports. InputError for an unusable file; then nothing is stored.

        Rows about Terraform code are mapped to cloud resources by the code in `where`, or else in config.toml.
        """

        def said(path: Path, rows: int) -> None:
            if progress is not None:
                progress.step(rows, 0, f"reading {path.name}")

        loaded = load_files(paths, said)
        located = locate_findings(loaded, self.config.terraform, self._wanted, where=where, progress=progress)
        loaded = [
            replace(file, findings=(*file.findings, *found.findings))
            for file, found in zip(loaded, located, strict=True)
        ]
        merged = merge(loaded)
        added = self._queue.add(merged)
        repeated = sum(len(file.findings) for file in loaded) - len(merged)
        return LoadReport(
            read=sum(file.read for file in loaded),
            new=added.new,
            merged=added.merged + repeated,
            unmatched=added.unmatched,
            bad=sum(len(file.bad) for file in loaded),
            located=sum(found.rows for found in located),
            unlocated=sum(len(found.unlocated) for found in located),
            files=tuple(
                {
                    "path": str(file.path),
                    "format": file.format,
                    "read": file.read,
                    "findings": len(file.findings),
                    "skipped": dict(file.skipped),
                    "bad": [{"where": bad.where, "reason": bad.reason} for bad in file.bad],
                    **found.as_json(),
                }
                for file, found in zip(loaded, located, strict=True)
            ),
        )

    def scan(
        self,
        progress: Progress | None = None,
        *,
        providers: Sequence[str] = (),
        regions: Sequence[str] = (),
        all_regions: bool = False,
        playbooks: Sequence[str] = (),
    ) -> ScanReport:
        """Check everything that the playbooks cover, in every reachable account. InputError if none can be reached."""
        chosen = [self.catalogue.get(id) for id in playbooks] or list(self.catalogue.playbooks.values())
        places, unreachable = self._places(providers, regions, all_regions)
        if not places:
            raise InputError("no cloud can be reached: " + "; ".join(unreachable))
        seen = scan(chosen, places, self.clouds, progress=progress)
        added = self._kept(seen)
        return ScanReport(
            failing=len(seen.findings),
            new=added.new,
            examined=len(seen.examined),
            places=tuple(f"{p.provider} {p.account} {p.region}".strip() for p in places),
            problems=(*unreachable, *seen.problems),
        )

    def queue(self, words: str = "", *, state: str = "") -> list[QueueRow]:
        """The findings, most urgent first. A row must contain every word of `words` (ignoring case)."""
        return self._queue.rows(words, state)

    def finding(self, id: str) -> QueueRow:
        """The finding whose id starts with `id`. InputError if none or several do."""
        return self._queue.row(id)

    # Plans

    def plan(
        self,
        *,
        findings: Sequence[str] = (),
        playbooks: Sequence[str] = (),
        everything: bool = False,
        given: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        all_regions: bool = False,
    ) -> Plan:
        """A plan for some findings, for all open ones of some playbooks, or for every open one.

        With `all_regions`, per-region settings are planned for every enabled region. Findings that comply by this fresh
        read are marked fixed, with that as evidence; those whose resource is gone or in an unreachable account are marked so.
        In read-only mode nothing is marked or recorded.
        """
        chosen, excepted = self._chosen(findings, playbooks, everything)
        chosen, unreached = within_reach(chosen, Reach(self.clouds))
        wanted, skipped = fix_requests(chosen, self.catalogue)
        wanted, skipped = with_unnamed_resources(wanted, skipped, chosen, self.clouds, self.catalogue)
        wanted, unlisted = in_every_region(
            wanted,
            self.clouds,
            self.catalogue,
            self._queue.findings(),
            excepted=[self._queue.finding(row.id) for row in self._queue.rows(state="excepted")],
            all_regions=all_regions,
        )
        left_out = [*excepted, *unreached, *skipped, *unlisted]
        plan = make_plan(
            wanted, self.clouds, given or {}, skipped=left_out, progress=progress, managed=self._managed
        )
        plan = replace(plan, made_by=self.gate.me, skipped=without_the_compliant(plan.skipped))
        if not self.read_only:
            self._mark_seen(plan)
        return plan

    def _mark_seen(self, plan: Plan) -> None:
        """Update the state of the plan's findings by what planning has read."""
        by_kind: dict[str, list[Skipped]] = {}
        for skipped in plan.skipped:
            if skipped.subject:
                by_kind.setdefault(skipped.kind, []).append(skipped)
        self.evidence.complied(by_kind.get(COMPLIES, []))
        for kind, state in _SEEN.items():
            self._queue.mark((skipped.subject for skipped in by_kind.get(kind, [])), state)
        planned = [finding for group in plan.groups for finding in group.findings]
        self._queue.mark(
            [*planned, *(skipped.subject for skipped in by_kind.get("", []))], OPEN, only=queue.NOT_REACHED
        )

    def save_plan(self, plan: Plan, path: Path | None = None) -> Path:
        """Write the plan to a file, by default in the home's plans folder. Returns its path."""
        path = path or self.home.plans / f"{plan.created.replace(':', '')[:17]}-{plan.hash[:12]}.json"
        save(plan, path)
        return path

    # Runs

    def decision(self, plan: Plan, approvals: Sequence[Path] = ()) -> Decision:
        """The policy's decision on a plan, now. `approvals` are approval files."""
        return self.gate.decision(plan, approvals)

    def apply(
        self,
        plan: Plan,
        *,
        reach: int | None = None,
        approvals: Sequence[Path] = (),
        progress: Progress | None = None,
    ) -> RunView:
        """Apply and verify the plan. RefusedError: nothing was written.

        `reach` is the number of resources that the operator confirmed, if the policy requires that.
        """
        self.refuse_read_only()
        if leaves_nothing(plan) and self.journal.row(plan.of_run).interrupted:
            self.journal.close_undone(plan.of_run)
            return self.run(plan.of_run)
        if plan.kind == "rollback":
            self.keeping.refuse_edited(plan.of_run)
        context = self.gate.admit(plan, reach, approvals)
        self._writes.refuse(plan)
        applying = Applying(plan, self.clouds, self.journal, progress or Silent(), context=context)
        return self._settle(applying.start(), plan)

    def resume(
        self, run: str, *, approvals: Sequence[Path] = (), progress: Progress | None = None
    ) -> RunView:
        """Resume an interrupted run. RefusedError if it is not interrupted, or if the policy does not allow it now."""
        self.refuse_read_only()
        row = self.journal.row(run)
        self.keeping.refuse_edited(row.id)
        plan = self.journal.plan(row.id)
        self._writes.refuse(plan)
        if row.interrupted:
            self.gate.admit(plan, None, approvals, self.journal.of(row.id)[0].body.get("context"))
        applying = Applying(plan, self.clouds, self.journal, progress or Silent())
        return self._settle(applying.resume(row.id), plan)

    def verify(self, plan: Plan, progress: Progress | None = None) -> list[Verified]:
        """Verify every change of a plan by a fresh read."""
        return verify(plan, self.clouds, progress)

    def runs(self) -> list[RunView]:
        """Every run, latest first."""
        return views(self.journal)

    def run(self, run: str) -> RunView:
        """The run whose id starts with `run`. InputError if none or several do."""
        row = self.journal.row(run)
        return next(one for one in views(self.journal) if one.run == row.id)

    def interrupted(self) -> list[RunView]:
        """Runs whose process is gone, to be resumed or rolled back."""
        return [view(self.journal, row) for row in self.journal.rows() if row.interrupted]

    def plan_of(self, run: str) -> Plan:
        """The plan of a run."""
        return self.journal.plan(self.journal.row(run).id)

    def rollback_plan(self, run: str, progress: Progress | None = None) -> Plan:
        """The plan that undoes a run, from its journal and the live configuration.

        RefusedError if the journal's records of the run were edited.
        """
        self.keeping.refuse_edited(self.journal.row(run).id)
        plan = rollback_plan(self.journal, run, self.clouds, progress)
        return replace(plan, made_by=self.gate.maker_of(plan))

    # Patches

    @cached_property
    def patches(self) -> PatchService:
        """Commits plans as Terraform on branches of the user's repositories."""
        from hipaa_tui.patches.service import PatchService

        return PatchService(self.clouds, self.config.terraform, self.config.records, self.records.approvals)

    # Records

    @cached_property
    def records(self) -> RecordCollector:
        """The change records of plans and runs."""
        from hipaa_tui.records.collect import RecordCollector

        return RecordCollector(self.journal, self.gate, self.config.records)

    # Parts of the above

    def _wanted(self, check: str) -> str:
        """The type of resource that the check's playbook changes, or ""."""
        playbook = self.catalogue.for_check(check)
        known = playbook is not None and playbook.resource in resource_types()
        return playbook.resource if playbook is not None and known else ""

    def _managed(self, target: Target) -> str:
        """The team's Terraform code that manages the resource, as half a sentence, or ""."""
        return self._managers.of(target) if self._managers else ""

    @cached_property
    def _managers(self) -> Managers | None:
        if not self.config.terraform:
            return None
        from hipaa_tui.patches.code.ownership import Managers

        return Managers(self.config.terraform)

    def _chosen(
        self, findings: Sequence[str], playbooks: Sequence[str], everything: bool
    ) -> tuple[list[Finding], list[Skipped]]:
        """(the findings to plan, the excepted ones among those named)."""
        if findings:
            rows = [self._queue.row(id) for id in findings]
            left_out = [
                Skipped(row.id, row.resource, row.playbook, f"excepted {row.exception.told}")
                for row in rows
                if row.exception is not None
            ]
            return [self._queue.finding(row.id) for row in rows if row.exception is None], left_out
        return self._all_of(playbooks, everything), []

    def _all_of(self, playbooks: Sequence[str], everything: bool) -> list[Finding]:
        if playbooks:
            wanted = {self.catalogue.get(id).id for id in playbooks}
            return [
                finding
                for finding in self._queue.findings()
                if (found := self.catalogue.for_check(finding.check)) and found.id in wanted
            ]
        if everything:
            return self._queue.findings()
        raise InputError("select what to plan: --finding ID, --playbook ID or --all")

    def _places(
        self, providers: Sequence[str], regions: Sequence[str], all_regions: bool
    ) -> tuple[list[Place], list[str]]:
        return places(
            self.clouds,
            providers,
            () if all_regions else regions or self.config.regions,
            self.access.subscriptions,
            all_regions=all_regions,
        )

    def _kept(self, seen: Scanned) -> Added:
        return self._queue.add_scan(seen.findings, seen.examined)

    def _whose(self, key: str) -> str:
        """The owner of a public key, if known, else ""."""
        return "this home" if key == self.gate.identity.key else self.gate.policy.name_of(key)

    def refuse_read_only(self) -> None:
        """RefusedError in read-only mode."""
        self._writes.refuse()

    def _settle(self, run: str, plan: Plan) -> RunView:
        """Update the state of the run's findings, and return its view."""
        self.keeping.after_run()
        seen = self.run(run)
        states = {change.id: change for change in seen.changes}
        for group in plan.groups:
            mine = [states[change.id] for change in plan.changes if change.group == group.id]
            written = any(one.state in {ChangeState.APPLIED, ChangeState.WRITING} for one in mine)
            if plan.kind == "rollback":
                if written:
                    self._queue.mark(group.findings, OPEN)
            elif mine and all(one.verified for one in mine):
                self._queue.mark(group.findings, FIXED)
            elif written:
                self._queue.mark(group.findings, UNVERIFIED)
        return seen


def open_workbench(access: Access | None = None, *, read_only: bool = False) -> Workbench:
    """The workbench on HIPAA_TUI_HOME with its config."""
    home = find_home()
    config = read_config(home)
    return Workbench(home, config, access, read_only=read_only)


def access_of(config: Config) -> Access:
    """The access that config.toml configures."""
    return Access(config.profile, None, config.subscriptions, role=config.role, accounts=config.accounts)


def fix_request_for(
    catalogue: Catalogue, playbook: str, resource: str, account: str, region: str
) -> FixRequest:
    """A wish without a finding (a playbook on a resource), for tests and demos. InputError."""
    found = catalogue.get(playbook)
    target = resource_types()[found.resource].target(resource, account, region)
    if target is None:
        raise InputError(f"{resource} is not of type {found.resource}")
    return FixRequest(found, target, ())
