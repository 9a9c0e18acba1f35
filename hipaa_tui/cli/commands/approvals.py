"""`approvals`: what a plan still needs, and which approvals of it are there; takes over those that came as files."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.preview import print_decision
from hipaa_tui.cli.session import open_desk, print_json
from hipaa_tui.cli.terminal import narrate, say
from hipaa_tui.plans.model import open_plan
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    plan = open_plan(options.plan)
    desk = open_desk(options)
    for path in options.files:
        taken = desk.gate.take(plan, path)
        narrate(f"the approval by {taken.approver} is in the journal")
    judged = desk.gate.approvals(plan)
    decision = desk.decision(plan)
    if options.json:
        print_json(
            {
                "plan": plan.hash,
                "policy": decision.as_json(),
                "approvals": [
                    {**one.approval.statement, "by": one.name, "counts": not one.reason, "reason": one.reason}
                    for one in judged
                ],
            }
        )
        return ExitCode.DONE
    for one in judged:
        comment = f": {one.approval.comment}" if one.approval.comment else ""
        verdict = f"does NOT count: {one.reason}" if one.reason else "counts"
        say(f"{one.approval.at:%Y-%m-%d %H:%M} {one.name}{comment} ({verdict})")
    if not judged:
        say("nobody has approved this plan yet")
    print_decision(decision)
    return ExitCode.DONE
