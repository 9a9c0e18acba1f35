"""`rollback`: put back what a run changed, after a preview."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.commands.apply import carry_out
from hipaa_tui.cli.desk import open_desk
from hipaa_tui.cli.preview import print_plan
from hipaa_tui.cli.terminal import LineProgress, narrate
from hipaa_tui.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    desk = open_desk(options)
    progress = LineProgress()
    plan = desk.rollback_plan(options.run, progress)
    progress.clear()
    if options.output is not None:
        where = desk.save_plan(plan, options.output)
        print_plan(plan)
        narrate(f"the rollback plan is in {where}; `hipaa-tui apply {where}` carries it out")
        return ExitCode.DONE
    return carry_out(desk, plan, options)
