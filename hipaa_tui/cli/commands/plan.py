"""`plan`: plan fixes from the live configuration and write them to a file, or show a saved plan."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.preview import print_decision, print_plan
from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import LineProgress, narrate, say
from hipaa_tui.plans.model import Plan, open_plan
from hipaa_tui.support.errors import ExitCode, InputError
from hipaa_tui.support.json_value import Json


def run(options: argparse.Namespace) -> int:
    if options.file is not None:
        if options.finding or options.playbook or options.all or options.set:
            raise InputError("give a plan file to show, or select what to plan, but not both")
        plan = _rest(open_plan(options.file), options)
        workbench = open_workbench(options)
    else:
        workbench = open_workbench(options)
        progress = LineProgress()
        plan = workbench.plan(
            findings=options.finding,
            playbooks=options.playbook,
            everything=options.all,
            given=given(options.set),
            progress=progress,
            all_regions=options.all_regions,
        )
        progress.clear()
        plan = _rest(plan, options)
        where = workbench.save_plan(plan, options.output)
        narrate(f"wrote the plan to {where}")
    if options.file is not None and options.output is not None:
        narrate(f"wrote the plan to {workbench.save_plan(plan, options.output)}")
    decision = workbench.decision(plan)
    if options.json:
        print_json({**as_json(plan), "policy": decision.as_json()})
        return ExitCode.DONE
    print_plan(plan)
    print_decision(decision)
    if options.file is None:
        blocked = {change.group for change in plan.blocked}
        say()
        if blocked:
            say(
                f"{len(blocked)} of {len(plan.groups)} fixes are blocked by a guard; `apply --skip-blocked` applies the others."
                + (
                    " To have those approved, write them as a plan of their own with `plan --skip-blocked`."
                    if decision.missing
                    else ""
                )
            )
        if plan.changes:
            say(f"Next: hipaa-tui apply {where}, or hipaa-tui patch {where} --repo DIR --branch NAME")
        else:
            say("Nothing to change.")
    return ExitCode.DONE


def _rest(plan: Plan, options: argparse.Namespace) -> Plan:
    """The plan without what the options leave out: a new plan with its own hash."""
    if options.skip_blocked:
        plan = plan.without_blocked()
    return plan.without_irreversible() if options.skip_irreversible else plan


def given(answers: list[str]) -> dict[str, str]:
    """NAME=VALUE texts as a mapping. InputError for a text without a name or an equals sign."""
    pairs = {}
    for answer in answers:
        name, equals, value = answer.partition("=")
        if not equals or not name:
            raise InputError(f"--set {answer}: must be NAME=VALUE")
        pairs[name.strip()] = value
    return pairs


def as_json(plan: Plan) -> Json:
    """The plan's JSON; each call also has "command", the equivalent aws or az command."""
    value = plan.as_json()
    for change, shown in zip(plan.changes, value["changes"], strict=True):
        for call, command in zip(shown["calls"], change.commands(), strict=True):
            call["command"] = command
    return value
