"""`exceptions`: which findings are left as they are, who answers for it and until when; ends one."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.session import open_desk, print_json
from hipaa_tui.cli.terminal import say, table
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    desk = open_desk(options)
    if options.end:
        ended = desk.exceptions.end(options.end)
        if options.json:
            print_json({**ended.as_json(), "state": ended.state})
        else:
            say(
                f"exception {ended.id} is ended; {ended.finding} is open again, unless it was fixed meanwhile"
            )
        return ExitCode.DONE
    found = desk.exceptions.all()
    if options.json:
        print_json([{**one.as_json(), "state": one.state} for one in found])
        return ExitCode.DONE
    if not found:
        say("no exceptions; `hipaa-tui except FINDING` makes one")
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
            for one in found
        ),
    )
    return ExitCode.DONE
