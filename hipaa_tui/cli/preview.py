"""Prints the preview of a plan: differences, API calls, permissions, guards, rollback."""

from __future__ import annotations

from hipaa_tui.cli.terminal import say
from hipaa_tui.plans.diff import lines
from hipaa_tui.plans.model import Change, Group, Plan
from hipaa_tui.policy.decide import Decision
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import setting

_SIGNS = {Outcome.PASS: "pass ", Outcome.WARN: "WARN ", Outcome.BLOCK: "BLOCK"}


def print_plan(plan: Plan) -> None:
    """Print the whole preview to stdout."""
    what = f"rollback of run {plan.of_run}" if plan.kind == "rollback" else "plan"
    resources = {change.target.key for change in plan.changes}
    say(
        f"{what} {plan.hash[:12]}: {len(plan.changes)} changes to {len(resources)} resources, created {plan.created}"
    )
    for group in plan.groups:
        _group(group, [change for change in plan.changes if change.group == group.id])
    if plan.changes:
        _undoes_run(plan)
    if plan.skipped:
        say()
        say("Left out:")
        for skipped in plan.skipped:
            say(f"  {skipped.resource}: {skipped.reason}")


def _group(group: Group, changes: list[Change]) -> None:
    say()
    say(f"== {group.title} [{group.playbook}]")
    say(f"   {group.resource}")
    say(f"   why: {group.why}")
    say(f"   controls: {', '.join(group.controls)}")
    for change in changes:
        item = setting(change.setting)
        say(f"   {change.id} {change.verb} {item.title} of {change.target.name} ({change.setting})")
        for line in lines(item.display(change.before), item.display(change.after)):
            say(f"      {line.sign.value} {line.text()}")
        for call, command in zip(change.calls, change.commands(), strict=True):
            say(f"      call: {call.service} {call.operation}")
            say(f"      equivalent command: {command}")
    say("   permissions: " + ", ".join(sorted({p for change in changes for p in change.permissions})))
    back = sorted({p for change in changes for p in change.rollback_permissions})
    say("   rollback permissions: " + (", ".join(back) or "none"))
    for guard in dict.fromkeys(guard for change in changes for guard in change.guards):
        say(f"   guard {_SIGNS[guard.outcome]} {guard.guard}: {guard.reason}")
    for name, text in group.effects.items():
        say(f"   {name}: {text}")


def _undoes_run(plan: Plan) -> None:
    say()
    say("Rollback, last change first:")
    for change in reversed(plan.changes):
        say(f"  {change.id} {setting(change.setting).title} of {change.target.name}: {change.reversal}")


def print_decision(decision: Decision) -> None:
    """Print what the policy requires of the plan, if it requires anything."""
    lines = [f"   DENIED:  {sentence}" for sentence in decision.refusals]
    lines += [f"   NEEDED:  {sentence}" for sentence in decision.missing]
    if decision.reach:
        lines.append(f"   NEEDED:  {decision.reason}: confirm with --reach {decision.reach}")
    lines += [f"   met:     {sentence}" for sentence in decision.granted]
    if lines:
        say()
        say("Policy:")
    for line in lines:
        say(line)
    if decision.missing:
        say(
            "   An approver runs `hipaa-tui approve PLAN -o FILE`; then run `hipaa-tui apply PLAN --approval FILE`."
        )
