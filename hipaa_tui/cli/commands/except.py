"""`except`: leave a finding as it is until a day, with an owner and a reason."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.session import open_desk, print_json
from hipaa_tui.cli.terminal import say
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    desk = open_desk(options)
    granted = desk.exceptions.grant(options.finding, options.owner, options.until, options.reason)
    if options.json:
        print_json(granted.as_json())
        return ExitCode.DONE
    say(f"exception {granted.id}: {granted.finding} ({granted.title}) on {granted.resource}")
    say(f"is excepted {granted.told}")
    say(f"It is open again after that day; `hipaa-tui exceptions --end {granted.id}` ends it before.")
    return ExitCode.DONE
