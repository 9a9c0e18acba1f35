"""`resume`: resume an interrupted run."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.outcome import exit_code, print_run
from hipaa_tui.cli.session import open_desk, print_json
from hipaa_tui.cli.terminal import LineProgress, confirm


def run(options: argparse.Namespace) -> int:
    desk = open_desk(options)
    seen = desk.run(options.run)
    desk.refuse_read_only()
    if not options.yes:
        print_run(seen)
        confirm(f"Resume run {seen.run}?", irreversible=(), names=())
    progress = LineProgress()
    seen = desk.resume(seen.run, approvals=options.approval, progress=progress)
    progress.clear()
    if options.json:
        print_json(seen.as_json())
    else:
        print_run(seen)
    return exit_code(seen)
