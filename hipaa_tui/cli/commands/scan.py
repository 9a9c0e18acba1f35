"""`scan`: scan AWS and Azure for everything that a playbook can fix."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import LineProgress, narrate, say
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    workbench = open_workbench(options)
    progress = LineProgress()
    report = workbench.scan(
        progress,
        providers=options.provider,
        regions=options.region,
        all_regions=options.all_regions,
        playbooks=options.playbook,
    )
    progress.clear()
    if options.json:
        print_json(report.as_json())
        return ExitCode.DONE
    for problem in report.problems:
        narrate(f"not scanned: {problem}")
    say(f"checked {report.examined} settings in {', '.join(report.places)}")
    say(f"{report.failing} do not comply, {report.new} of them new; to list them: hipaa-tui findings")
    return ExitCode.DONE
