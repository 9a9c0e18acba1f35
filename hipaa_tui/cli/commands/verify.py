"""`verify`: verify that the changes of a run or a plan are in place."""

from __future__ import annotations

import argparse
from pathlib import Path

from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import LineProgress, say
from hipaa_tui.plans.model import open_plan
from hipaa_tui.support.errors import ExitCode, InputError
from hipaa_tui.support.private_files import is_file


def run(options: argparse.Namespace) -> int:
    workbench = open_workbench(options)
    subject = options.subject
    if subject is None:
        runs = workbench.runs()
        if not runs:
            raise InputError("there is no run yet; give a plan file, or apply a plan first")
        plan = workbench.plan_of(runs[0].run)
    elif is_file(Path(subject)):
        plan = open_plan(Path(subject))
    else:
        plan = workbench.plan_of(subject)
    progress = LineProgress()
    results = workbench.verify(plan, progress)
    progress.clear()
    if options.json:
        print_json({"plan": plan.hash, "verified": [result.as_json() for result in results]})
    else:
        for result in results:
            word = "verified    " if result.verified else "NOT verified"
            say(f"{word} {result.setting} {result.resource}: {result.found}")
        good = sum(result.verified for result in results)
        say(f"{good} of {len(results)} changes verified")
    return ExitCode.DONE if all(result.verified for result in results) else ExitCode.INCOMPLETE
