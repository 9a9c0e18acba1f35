"""`approvals`: the approvals of a plan and what it still needs; imports approval files into the journal."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.preview import print_decision
from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import narrate, say
from hipaa_tui.plans.model import open_plan
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    plan = open_plan(options.plan)
    workbench = open_workbench(options)
    for path in options.files:
        taken = workbench.gate.take(plan, path)
        narrate(f"imported the approval by {taken.approver} into the journal")
    judged = workbench.gate.approvals(plan)
    decision = workbench.decision(plan)
    if options.json:
        print_json(
            {
                "plan": plan.hash,
                "policy": decision.as_json(),
                "approvals": [
                    {
                        **verdict.approval.statement,
                        "by": verdict.name,
                        "counts": not verdict.reason,
                        "reason": verdict.reason,
                    }
                    for verdict in judged
                ],
            }
        )
        return ExitCode.DONE
    for verdict in judged:
        comment = f": {verdict.approval.comment}" if verdict.approval.comment else ""
        state = f"NOT valid: {verdict.reason}" if verdict.reason else "valid"
        say(f"{verdict.approval.at:%Y-%m-%d %H:%M} {verdict.name}{comment} ({state})")
    if not judged:
        say("no approvals yet")
    print_decision(decision)
    return ExitCode.DONE
