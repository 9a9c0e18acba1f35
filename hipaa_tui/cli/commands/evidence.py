"""`evidence`: what proves the steps of a guided finding; record one, or list what there is."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.session import open_desk, print_json
from hipaa_tui.cli.terminal import say
from hipaa_tui.support.errors import ExitCode, InputError
from hipaa_tui.triage.evidence_service import Progress


def run(options: argparse.Namespace) -> int:
    if (options.step is None) != (options.note is None) or (options.file and options.step is None):
        raise InputError("to record evidence say which step and what: --step N --note TEXT [--file FILE]")
    desk = open_desk(options)
    if options.step is None:
        found = desk.evidence.of(options.finding)
    else:
        found = desk.evidence.record(options.finding, options.step, options.note, options.file)
    row = desk.finding(options.finding)
    if options.json:
        print_json(
            {
                "finding": row.id,
                "state": row.state,
                "missing": list(found.missing),
                "next": found.next,
                "evidence": [one.as_json() for one in found.evidence],
            }
        )
        return ExitCode.DONE
    say(f"{row.id}  {row.state}  {row.title}")
    _print(found)
    return ExitCode.DONE


def _print(found: Progress) -> None:
    steps = found.playbook.steps if found.playbook else ()
    for one in (one for one in found.evidence if one.step == 0):
        say(f"  {one.at}  {one.text} (looked for {one.by})")
    for number, step in enumerate(steps, start=1):
        say(f"  {number}. {step.do}")
        mine = [one for one in found.evidence if one.step == number]
        for one in mine:
            proof = f"; {one.file}, {one.size} bytes, SHA-256 {one.sha256}" if one.file else ""
            say(f"     {one.at} by {one.by}: {one.text}{proof}")
        if not mine:
            say(f"     missing: {step.evidence}")
    say(found.next[0].upper() + found.next[1:] + ".")
