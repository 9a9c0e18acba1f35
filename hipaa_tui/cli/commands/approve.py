"""`approve`: sign one's approval of a plan that somebody else made and will apply."""

from __future__ import annotations

import argparse
import json

from hipaa_tui.cli.preview import print_plan
from hipaa_tui.cli.session import open_desk, print_json
from hipaa_tui.cli.terminal import has_terminal, narrate, say
from hipaa_tui.plans.model import open_plan
from hipaa_tui.policy.approvals import LONGEST_DAYS
from hipaa_tui.support.errors import ExitCode, InputError, RefusedError


def run(options: argparse.Namespace) -> int:
    if not 1 <= options.days <= LONGEST_DAYS:
        raise InputError(f"--days must be from 1 to {LONGEST_DAYS}")
    plan = open_plan(options.plan)
    desk = open_desk(options)
    if not options.yes:
        if not has_terminal() or options.json:
            raise RefusedError("there is nobody to ask: read the plan, then say --yes to approve it")
        print_plan(plan)
        if plan.made_by:
            say(f"made by {plan.made_by.get('name', 'somebody')}")
        if input(f"Approve plan {plan.hash[:12]}? Type yes: ").strip().lower() != "yes":
            raise RefusedError("not approved")
    statement = desk.gate.approve(plan, options.comment, options.days)
    if options.output is not None:
        from hipaa_tui.support.private_files import write_private

        write_private(options.output, json.dumps(statement, indent=2, ensure_ascii=False) + "\n")
        narrate(
            f"the approval is in {options.output}: send it to whoever applies the plan, with "
            "`hipaa-tui apply PLAN --approval FILE`"
        )
    if options.json:
        print_json(statement)
    else:
        say(f"plan {plan.hash[:12]} is approved by {statement['approver']} until {statement['expires']}")
    return ExitCode.DONE
