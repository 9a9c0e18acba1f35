"""`history`: list the runs, or show one."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.outcome import print_run
from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import say, table
from hipaa_tui.journal.states import RunState
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    workbench = open_workbench(options)
    if options.run:
        seen = workbench.run(options.run)
        if options.json:
            print_json(seen.as_json())
        else:
            print_run(seen)
        return ExitCode.DONE
    runs = workbench.runs()
    if options.json:
        print_json([one.as_json() for one in runs])
        return ExitCode.DONE
    if not runs:
        say("no runs yet")
        return ExitCode.DONE
    table(
        ("RUN", "KIND", "STATE", "STARTED", "CHANGES", "PLAN", "UNDONE BY"),
        (
            (
                r.run,
                r.kind,
                r.state.value,
                r.started[:19],
                str(len(r.changes)),
                r.plan[:12],
                r.rolled_back_by or "-",
            )
            for r in runs
        ),
    )
    for one in runs:
        if one.state is RunState.INTERRUPTED:
            say(
                f"run {one.run} was interrupted; use `hipaa-tui resume {one.run}` or `hipaa-tui rollback {one.run}`"
            )
    return ExitCode.DONE
