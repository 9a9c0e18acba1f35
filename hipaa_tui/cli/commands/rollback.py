"""`rollback`: undo a run, after a preview."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.commands.apply import carry_out
from hipaa_tui.cli.outcome import print_run
from hipaa_tui.cli.preview import print_decision, print_plan
from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import LineProgress, narrate
from hipaa_tui.runs.rollback import leaves_nothing
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    workbench = open_workbench(options)
    progress = LineProgress()
    plan = workbench.rollback_plan(options.run, progress)
    progress.clear()
    if options.output is None and leaves_nothing(plan):
        seen = workbench.apply(plan)
        print_json(seen.as_json()) if options.json else print_run(seen)
        return ExitCode.DONE
    if options.output is not None:
        where = workbench.save_plan(plan, options.output)
        print_plan(plan)
        print_decision(workbench.decision(plan))
        narrate(f"wrote the rollback plan to {where}; to apply it: hipaa-tui apply {where}")
        return ExitCode.DONE
    return carry_out(workbench, plan, options)
