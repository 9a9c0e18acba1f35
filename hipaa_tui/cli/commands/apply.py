"""`apply`: carry a plan out."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.desk import open_desk, print_json
from hipaa_tui.cli.outcome import exit_code, print_run
from hipaa_tui.cli.preview import print_plan
from hipaa_tui.cli.terminal import LineProgress, confirm, has_terminal
from hipaa_tui.errors import IncompleteError, RefusedError
from hipaa_tui.plans.model import Plan, irreversible_targets, open_plan
from hipaa_tui.workbench import Workbench


def run(options: argparse.Namespace) -> int:
    plan = open_plan(options.plan)
    return carry_out(open_desk(options), plan, options)


def carry_out(desk: Workbench, plan: Plan, options: argparse.Namespace) -> int:
    """Ask where nobody said --yes, apply, and say how it ended."""
    if options.skip_blocked:
        plan = plan.without_blocked()
    if options.skip_irreversible:
        plan = plan.without_irreversible()
    desk.refuse_read_only()
    needed = irreversible_targets(plan.changes)
    if options.yes:
        missing = [name for name in needed if name not in options.confirm]
        if missing:
            raise RefusedError(
                f"{missing[0]} cannot be changed back: confirm it with --confirm {missing[0]}, or leave such fixes "
                "out with --skip-irreversible; nothing was changed"
            )
    elif not has_terminal() or options.json:
        raise RefusedError("there is nobody to ask: say --yes to apply this plan; nothing was changed")
    else:
        print_plan(plan)
        resources = {change.target.key for change in plan.changes}
        confirm(
            f"Apply {len(plan.changes)} changes to {len(resources)} resources?",
            irreversible=needed,
            names=options.confirm,
        )
    progress = LineProgress()
    try:
        seen = desk.apply(plan, progress=progress)
    except KeyboardInterrupt:
        progress.clear()
        raise IncompleteError(
            "stopped; `hipaa-tui history` shows how far the run came, and it can be resumed or rolled back"
        ) from None
    progress.clear()
    if options.json:
        print_json(seen.as_json())
    else:
        print_run(seen)
    return exit_code(seen)
