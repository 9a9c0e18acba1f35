"""`evidence`: list or record what proves the steps of a guided finding."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import say
from hipaa_tui.support.errors import ExitCode, InputError
from hipaa_tui.triage.evidence_service import Progress


def run(options: argparse.Namespace) -> int:
    if (options.step is None) != (options.note is None) or (options.file and options.step is None):
        raise InputError("to record evidence, give the step and a note: --step N --note TEXT [--file FILE]")
    workbench = open_workbench(options)
    if options.step is None:
        progress = workbench.evidence.of(options.finding)
    else:
        progress = workbench.evidence.record(options.finding, options.step, options.note, options.file)
    row = workbench.finding(options.finding)
    if options.json:
        print_json(
            {
                "finding": row.id,
                "state": row.state,
                "missing": list(progress.missing),
                "next": progress.next,
                "evidence": [item.as_json() for item in progress.evidence],
            }
        )
        return ExitCode.DONE
    say(f"{row.id}  {row.state}  {row.title}")
    _print(progress)
    return ExitCode.DONE


def _print(progress: Progress) -> None:
    steps = progress.playbook.steps if progress.playbook else ()
    for item in (item for item in progress.evidence if item.step == 0):
        say(f"  {item.at}  {item.text} (checked for {item.by})")
    for number, step in enumerate(steps, start=1):
        say(f"  {number}. {step.do}")
        recorded = [item for item in progress.evidence if item.step == number]
        for item in recorded:
            proof = f"; {item.file}, {item.size} bytes, SHA-256 {item.sha256}" if item.file else ""
            say(f"     {item.at} by {item.by}: {item.text}{proof}")
        if not recorded:
            say(f"     missing: {step.evidence}")
    say(progress.next[0].upper() + progress.next[1:] + ".")
