"""Starts the full-screen interface; the only module of cli that imports tui."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hipaa_tui.support.config import find_home, read_config
from hipaa_tui.support.errors import ExitCode

if TYPE_CHECKING:
    from hipaa_tui.workbench import Workbench


def start(options: argparse.Namespace, banner: str = "") -> int:
    """Run the interface on the workbench that the options select. Returns the exit code when the user quits."""
    from hipaa_tui.tui.app import HipaaTuiApp

    def open_bench() -> Workbench:
        from hipaa_tui.cli.session import open_workbench

        return open_workbench(options, lambda sentence: app.call_from_thread(app.warn, sentence))

    config = read_config(find_home())
    app = HipaaTuiApp(
        open_bench,
        banner=banner,
        read_only=config.read_only or bool(getattr(options, "read_only", False)),
        keymap=config.keys,
    )
    app.run()
    return ExitCode.DONE
