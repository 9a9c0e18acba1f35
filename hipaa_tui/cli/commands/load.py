"""`load`: scanner reports into the queue."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.desk import open_desk, print_json
from hipaa_tui.cli.terminal import LineProgress, say
from hipaa_tui.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    progress = LineProgress()
    report = open_desk(options).load(options.files, progress)
    progress.clear()
    if options.json:
        print_json(report.as_json())
        return ExitCode.DONE
    for file in report.files:
        skipped = ", ".join(f"{count} {reason}" for reason, count in file["skipped"].items()) or "none"
        say(
            f"{file['path']}: {file['format']}, {file['read']} rows, {file['findings']} findings (skipped: {skipped})"
        )
        for bad in file["bad"][:20]:
            say(f"  {bad['where']} left out: {bad['reason']}")
        if len(file["bad"]) > 20:
            say(f"  … and {len(file['bad']) - 20} more bad rows")
    say(
        f"{report.new} new findings, {report.merged} merged into known ones, "
        f"{report.unmatched} without a playbook, {report.bad} bad rows"
    )
    return ExitCode.DONE
