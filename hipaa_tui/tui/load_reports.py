"""Loads reports: asks for their paths, checks them while they can still be corrected, reads them in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipaa_tui.support.errors import InputError
from hipaa_tui.tui.labels import count
from hipaa_tui.tui.paths import typed_paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from hipaa_tui.tui.screens.base import Page
    from hipaa_tui.workbench import LoadReport


def ask_for_reports(page: Page, reload: Callable[[], None]) -> None:
    """Put the question; `reload` is called once the reports are in the store."""
    from hipaa_tui.tui.screens.notice import NoticeScreen
    from hipaa_tui.tui.screens.text_prompt import AskScreen

    def loaded(report: LoadReport) -> None:
        reload()
        found = f"{count(report.read, 'row')} read: {report.new:,} new, {report.merged:,} known already."
        bad = [
            f"{file['path']}, {bad['where']}: {bad['reason']}" for file in report.files for bad in file["bad"]
        ]
        sentences = [f"{report.bad:,} cannot be read:", *bad[:8]] if bad else []
        if report.unlocated:
            led = f"{report.located:,} of {report.located + report.unlocated:,} rows about code were led to a resource."
            sentences += [led, *_in_the_way(report)[:8]]
        if sentences:
            page.app.push_screen(NoticeScreen("Loaded, but not every row", found, *sentences))
        else:
            page.say(found)

    def answered(text: str | None) -> None:
        if text is None:
            return
        paths = typed_paths(text)
        page.work(
            "Reading the report" if len(paths) == 1 else f"Reading {len(paths)} reports",
            lambda progress: page.hipaa.bench.load(paths, progress),
            loaded,
        )

    page.app.push_screen(
        AskScreen(
            "Load a report",
            "Path of a report of Security Hub, Prowler, Checkov, Trivy or KICS, or of SARIF; several are separated by"
            f" spaces. {_about_code(page)}",
            _complaint,
        ),
        answered,
    )


def _about_code(page: Page) -> str:
    """Where the code is looked for that a report is about."""
    folders = page.hipaa.bench.config.terraform
    if not folders:
        return "For those about Terraform code, name its folder under [[terraform]] in config.toml first."
    return f"Terraform code is looked for in {count(len(folders), 'folder')} of config.toml."


def _in_the_way(report: LoadReport) -> list[str]:
    """Each reason once, with the checks that it holds for."""
    reasons: dict[str, dict[str, None]] = {}
    for file in report.files:
        for row in file["unlocated"]:
            several = f": {', '.join(row['candidates'])}" if row["candidates"] else ""
            reasons.setdefault(f"{row['reason']}{several}", {})[row["check"]] = None
    return [f"{', '.join(checks)}: {reason}." for reason, checks in reasons.items()]


def _complaint(text: str) -> str:
    try:
        typed_paths(text)
    except InputError as error:
        return str(error)
    return ""
