"""`resume`: resume an interrupted run."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.outcome import exit_code, print_run
from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import LineProgress, confirm


def run(options: argparse.Namespace) -> int:
    workbench = open_workbench(options)
    seen = workbench.run(options.run)
    workbench.refuse_read_only()
    if not options.yes:
        print_run(seen)
        confirm(f"Resume run {seen.run}?", irreversible=(), names=())
    progress = LineProgress()
    seen = workbench.resume(seen.run, approvals=options.approval, progress=progress)
    progress.clear()
    if options.json:
        print_json(seen.as_json())
    else:
        print_run(seen)
    return exit_code(seen)
