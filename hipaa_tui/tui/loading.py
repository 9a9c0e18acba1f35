"""Loads reports: asks for their paths, checks them while they can still be corrected, reads them in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipaa_tui.errors import InputError
from hipaa_tui.tui.paths import typed_paths
from hipaa_tui.tui.words import count

if TYPE_CHECKING:
    from hipaa_tui.tui.screens.queue import QueueScreen
    from hipaa_tui.workbench import LoadReport


def ask_for_reports(queue: QueueScreen) -> None:
    """Put the question; the queue is read again once the reports are in the store."""
    from hipaa_tui.tui.screens.ask import AskScreen
    from hipaa_tui.tui.screens.notice import NoticeScreen

    def loaded(report: LoadReport) -> None:
        queue.reload()
        found = f"{count(report.read, 'row')} read: {report.new:,} new, {report.merged:,} known already."
        bad = [
            f"{file['path']}, {bad['where']}: {bad['reason']}" for file in report.files for bad in file["bad"]
        ]
        if report.bad:
            queue.app.push_screen(
                NoticeScreen("Loaded, but not every row", found, f"{report.bad:,} cannot be read:", *bad[:8])
            )
        else:
            queue.say(found)

    def answered(text: str | None) -> None:
        if text is None:
            return
        paths = typed_paths(text)
        queue.work(
            "Reading the report" if len(paths) == 1 else f"Reading {len(paths)} reports",
            lambda progress: queue.hipaa.bench.load(paths, progress),
            loaded,
        )

    queue.app.push_screen(
        AskScreen(
            "Load a report",
            "Path of a report of Security Hub, Prowler, Checkov, Defender or another tool, or a folder of them;"
            " several are separated by spaces.",
            _complaint,
        ),
        answered,
    )


def _complaint(text: str) -> str:
    try:
        typed_paths(text)
    except InputError as error:
        return str(error)
    return ""
