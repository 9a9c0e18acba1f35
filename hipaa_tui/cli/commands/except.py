"""`except`: except a finding until a date, with an owner and a reason."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import say
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    workbench = open_workbench(options)
    granted = workbench.exceptions.grant(options.finding, options.owner, options.until, options.reason)
    if options.json:
        print_json(granted.as_json())
        return ExitCode.DONE
    say(f"exception {granted.id}: {granted.finding} ({granted.title}) on {granted.resource}")
    say(f"Excepted {granted.told}.")
    say(
        f"After that day the finding is open again. To end it earlier: hipaa-tui exceptions --end {granted.id}"
    )
    return ExitCode.DONE
