"""`exceptions`: list the exceptions with owner, last day and reason; or end one."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import say, table
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    workbench = open_workbench(options)
    if options.end:
        ended = workbench.exceptions.end(options.end)
        if options.json:
            print_json({**ended.as_json(), "state": ended.state})
        else:
            say(f"ended exception {ended.id}; finding {ended.finding} is open again unless it has been fixed")
        return ExitCode.DONE
    granted = workbench.exceptions.all()
    if options.json:
        print_json([{**one.as_json(), "state": one.state} for one in granted])
        return ExitCode.DONE
    if not granted:
        say("no exceptions; to grant one, use `hipaa-tui except`")
        return ExitCode.DONE
    table(
        ("ID", "STATE", "UNTIL", "OWNER", "FINDING", "RESOURCE", "REASON"),
        (
            (
                one.id,
                one.state,
                one.until.isoformat(),
                one.owner,
                one.finding,
                one.resource,
                one.reason,
            )
            for one in granted
        ),
    )
    return ExitCode.DONE
