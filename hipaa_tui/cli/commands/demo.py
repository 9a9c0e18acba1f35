"""`demo`: the workflow on local clouds, in the full-screen interface or, without a terminal, printed step by step."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import tempfile
from pathlib import Path
from types import FrameType
from typing import NoReturn

from hipaa_tui.cli.terminal import LineProgress, has_terminal, say
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    """Start the local clouds, fill them, and run the interface or the printed demo. Leaves nothing behind without --keep."""
    folder = Path(tempfile.mkdtemp(prefix="hipaa-tui-demo-"))
    before = signal.signal(signal.SIGTERM, _as_interrupt)
    home = os.environ.get("HIPAA_TUI_HOME")
    os.environ["HIPAA_TUI_HOME"] = str(folder / "home")
    try:
        return _in_sandbox(folder, options)
    finally:
        signal.signal(signal.SIGTERM, before)
        if home is None:
            del os.environ["HIPAA_TUI_HOME"]
        else:
            os.environ["HIPAA_TUI_HOME"] = home
        if options.keep:
            say(f"Kept the demo's store, plans, logs and repository in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _in_sandbox(folder: Path, options: argparse.Namespace) -> int:
    from hipaa_tui.cli.headless_demo import walk
    from hipaa_tui.sandbox.clouds import Sandbox
    from hipaa_tui.sandbox.report import write_report
    from hipaa_tui.sandbox.repository import make_repository
    from hipaa_tui.sandbox.seed import seed_all

    say("Starting the local clouds: moto for AWS and hipaa-tui's own ARM server for Azure …")
    with Sandbox(folder / "logs") as sandbox:
        sandbox.activate()
        try:
            from hipaa_tui.cli.session import open_workbench

            workbench = open_workbench(options)
            progress = LineProgress()
            seed_all(workbench.clouds, progress)
            progress.clear()
            repository = make_repository(folder / "infrastructure")
            report = write_report(folder / "audit-report.ocsf.json")
            if options.headless or not has_terminal():
                return walk(workbench, report, repository)
            say("Scanning the local clouds …")
            workbench.load([report], progress)
            workbench.scan(progress)
            progress.clear()
            os.chdir(repository)
            from hipaa_tui.cli.launch_tui import start

            start(options, banner="DEMO: local clouds, no account is touched")
            return ExitCode.DONE
        finally:
            sandbox.deactivate()


def _as_interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
