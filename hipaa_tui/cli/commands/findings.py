"""`findings`: list the findings, most urgent first."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import say, table
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    rows = open_workbench(options).queue(" ".join(options.words), state=options.state)
    if options.json:
        print_json([row.as_json() for row in rows])
        return ExitCode.DONE
    if not rows:
        say("no findings; load a report with `hipaa-tui load FILE`, or run `hipaa-tui scan`")
        return ExitCode.DONE
    table(
        ("ID", "PRIO", "SEVERITY", "STATE", "PLAYBOOK", "RESOURCE", "FINDING"),
        (
            (
                r.id,
                str(r.priority),
                r.severity,
                r.state,
                r.playbook or "-",
                r.resource_name or r.resource,
                r.title,
            )
            for r in rows
        ),
    )
    return ExitCode.DONE
