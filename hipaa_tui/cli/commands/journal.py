"""`journal verify`: is the hash chain of every record whole?"""

from __future__ import annotations

import argparse

from hipaa_tui.cli.desk import open_desk, print_json
from hipaa_tui.cli.terminal import say
from hipaa_tui.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    faults = list(open_desk(options).journal.broken_links())
    if options.json:
        print_json({"whole": not faults, "faults": faults})
    else:
        for fault in faults:
            say(fault)
        say("the journal is whole" if not faults else f"the journal has {len(faults)} faults")
    return ExitCode.DONE if not faults else ExitCode.INCOMPLETE
