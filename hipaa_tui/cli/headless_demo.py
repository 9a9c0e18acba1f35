"""Runs the whole workflow without screens and prints each step: load, scan, plan, apply, verify, roll back, patch."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from hipaa_tui.cli.outcome import print_run
from hipaa_tui.cli.preview import print_plan
from hipaa_tui.cli.terminal import say
from hipaa_tui.journal.states import RunState
from hipaa_tui.plans.model import Plan
from hipaa_tui.plans.planner import blocked_reasons
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.runs.model import RunView
from hipaa_tui.support.errors import ExitCode
from hipaa_tui.workbench import Workbench

FIRST = "aws.s3.tls-only"
"""The playbook whose single finding is fixed and rolled back first: a short plan that can be undone."""


def walk(workbench: Workbench, report: Path, repository: Path) -> int:  # noqa: PLR0915 - a story, told in order
    """Run the demo. Returns exit code 0 only if every verification held, else 4."""
    started = time.monotonic()
    checks: list[bool] = []
    _head("Load a scanner's report")
    loaded = workbench.load([report])
    say(f"{loaded.read} rows read, {loaded.new} new findings, {loaded.bad} bad rows")

    _head("Scan the live clouds")
    scanned = workbench.scan()
    say(f"{scanned.examined} checks in {', '.join(scanned.places)}: {scanned.failing} do not comply")
    for problem in scanned.problems:
        say(f"not scanned: {problem}")
    checks.append(not scanned.problems)
    for row in workbench.queue(state="open")[:12]:
        say(f"  {row.priority:3} {row.severity:8} {row.resource_name[:34]:34} {row.title}")
    say(f"  … {len(workbench.queue(state='open'))} open findings in total")

    _head("Plan one fix and preview it; nothing is changed")
    row = next(
        row
        for row in workbench.queue(state="open")
        if row.playbook == FIRST and not _blocked(workbench, row.id)
    )
    plan = workbench.plan(findings=[row.id])
    print_plan(plan)

    _head("Apply it: journaled, checked for drift before the write, verified by a fresh read")
    first = workbench.apply(plan)
    print_run(first)
    checks.append(first.state is RunState.DONE)
    checks.append(_verified(workbench, plan))

    _head("Roll it back: a rollback is a plan, too, previewed and verified")
    back = workbench.rollback_plan(first.run)
    print_plan(back)
    undone = workbench.apply(back)
    print_run(undone)
    checks.append(undone.state is RunState.DONE)
    checks.append(workbench.finding(row.id).state == "open")
    say(f"finding {row.id} is {workbench.finding(row.id).state} again")

    _head("Plan fixes for every open finding")
    everything = workbench.plan(everything=True)
    _summary(everything)
    rest = everything.without_blocked().without_irreversible()

    _head("Apply the fixes that no guard blocks and that can be undone")
    for skipped in rest.skipped[len(everything.skipped) :]:
        say(f"  left out: {skipped.playbook} on {skipped.resource}: {skipped.reason}")
    decision = workbench.decision(rest)
    if decision.reach:
        say(f"{decision.reason}: the operator has to confirm that number; the demo confirms it")
    run = workbench.apply(rest, reach=decision.reach or None)
    _counts(run)
    checks.append(run.state is RunState.DONE)
    checks.append(_verified(workbench, rest))
    again = workbench.scan()
    fixed = [id for group in rest.groups for id in group.findings]
    still = [id for id in fixed if workbench.finding(id).state != "fixed"]
    say(
        f"scanned again: {len(fixed) - len(still)} of {len(fixed)} findings are fixed, {again.failing} others are open"
    )
    checks.append(not still)

    _head("Commit the same plan as Terraform, on a branch of the company's repository")
    patch = workbench.patches.create(rest, repository, f"hipaa-tui/{rest.hash[:8]}")
    say(
        f"commit {patch.commit[:12]} on {patch.branch}: {len(patch.files)} files, {len(patch.addresses)} blocks"
    )
    for omitted in patch.left_out:
        say(f"  left out: {omitted.resource}: {omitted.reason}")
    say(f"terraform: {patch.validated}; the repository's work tree, index and HEAD are unchanged")

    _head("Verify the journal")
    faults = list(workbench.journal.broken_links())
    checks.append(not faults)
    say(
        f"{len(workbench.runs())} runs in the journal; its hash chain is {'intact' if not faults else 'BROKEN'}"
    )
    good = all(checks)
    say(
        f"{'Every verification held' if good else 'NOT every verification held'} ({time.monotonic() - started:.0f} s)."
    )
    return ExitCode.DONE if good else ExitCode.INCOMPLETE


def _head(text: str) -> None:
    say()
    say(f"### {text}")


def _blocked(workbench: Workbench, finding: str) -> bool:
    plan = workbench.plan(findings=[finding])
    return bool(plan.blocked) or not plan.changes


def _verified(workbench: Workbench, plan: Plan) -> bool:
    results = workbench.verify(plan)
    for result in results:
        if not result.verified:
            say(f"NOT verified: {result.setting} of {result.resource}: {result.found}")
    say(f"verified by a fresh read: {sum(result.verified for result in results)} of {len(results)}")
    return all(result.verified for result in results)


def _summary(plan: Plan) -> None:
    say(
        f"plan {plan.hash[:12]}: {len(plan.changes)} changes for {len(plan.groups)} fixes, {len(plan.skipped)} left out"
    )
    for playbook, count in Counter(group.playbook for group in plan.groups).most_common():
        say(f"  {count:3} x {playbook}")
    results = Counter(guard.outcome for change in plan.changes for guard in change.guards)
    say("guards: " + ", ".join(f"{results[outcome]} {outcome.value}" for outcome in Outcome))
    for reason in blocked_reasons(plan):
        say(f"  blocked: {reason}")


def _counts(run: RunView) -> None:
    states = Counter(change.state.value for change in run.changes)
    say(
        f"run {run.run}: {run.state.value}; "
        + ", ".join(f"{count} {state}" for state, count in states.items())
    )
    for change in run.changes:
        if change.verified is not True:
            say(f"  {change.setting} {change.resource}: {change.state.value} {change.note}")
    if run.note:
        say(f"  {run.note}")
