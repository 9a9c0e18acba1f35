"""`approve`: sign an approval of a plan that a colleague made and will apply."""

from __future__ import annotations

import argparse
import json

from hipaa_tui.cli.preview import print_plan
from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import has_terminal, narrate, say
from hipaa_tui.plans.model import open_plan
from hipaa_tui.policy.approvals import LONGEST_DAYS
from hipaa_tui.support.errors import ExitCode, InputError, RefusedError


def run(options: argparse.Namespace) -> int:
    if not 1 <= options.days <= LONGEST_DAYS:
        raise InputError(f"--days must be from 1 to {LONGEST_DAYS}")
    plan = open_plan(options.plan)
    workbench = open_workbench(options)
    if not options.yes:
        if not has_terminal() or options.json:
            raise RefusedError("confirmation needs a terminal; without one, read the plan and use --yes")
        print_plan(plan)
        if plan.made_by:
            say(f"created by {plan.made_by.get('name', 'unknown')}")
        if input(f"Approve plan {plan.hash[:12]}? Type yes: ").strip().lower() != "yes":
            raise RefusedError("not approved")
    statement = workbench.gate.approve(plan, options.comment, options.days)
    if options.output is not None:
        from hipaa_tui.support.private_files import write_private

        write_private(options.output, json.dumps(statement, indent=2, ensure_ascii=False) + "\n")
        narrate(
            f"wrote the approval to {options.output}; send it to the operator, who runs "
            "`hipaa-tui apply PLAN --approval FILE`"
        )
    if options.json:
        print_json(statement)
    else:
        say(f"approved plan {plan.hash[:12]} as {statement['approver']}, valid until {statement['expires']}")
    return ExitCode.DONE
