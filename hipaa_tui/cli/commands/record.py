"""`record`: print the change record of a plan or a run, for a pull request, ServiceNow or Jira."""

from __future__ import annotations

import argparse
from pathlib import Path

from hipaa_tui.cli.session import open_workbench
from hipaa_tui.cli.terminal import narrate
from hipaa_tui.plans.model import open_plan
from hipaa_tui.support.errors import ExitCode
from hipaa_tui.support.private_files import is_file, write_private


def run(options: argparse.Namespace) -> int:
    workbench = open_workbench(options)
    if is_file(Path(options.subject)):
        text = workbench.records.of_plan(open_plan(Path(options.subject)), options.format)
    else:
        text = workbench.records.of_run(workbench.run(options.subject), options.format)
    if options.output is None:
        print(text, end="")
    else:
        write_private(options.output, text)
        narrate(f"wrote the record to {options.output}")
    return ExitCode.DONE
