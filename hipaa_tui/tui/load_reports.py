"""Loads reports: asks for their paths, checks these, reads the files in a thread."""

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
    """Ask for the reports and load them; `reload` is called once they are in the store."""
    from hipaa_tui.tui.screens.notice import NoticeScreen
    from hipaa_tui.tui.screens.text_prompt import TextPrompt

    def loaded(report: LoadReport) -> None:
        reload()
        found = f"{count(report.read, 'row')} read: {report.new:,} new, {report.merged:,} already known."
        bad = [
            f"{file['path']}, {bad['where']}: {bad['reason']}" for file in report.files for bad in file["bad"]
        ]
        sentences = [f"{report.bad:,} could not be read:", *bad[:8]] if bad else []
        if report.unlocated:
            led = f"{report.located:,} of {report.located + report.unlocated:,} rows about code were mapped to a resource."
            sentences += [led, *_in_the_way(report)[:8]]
        if sentences:
            page.app.push_screen(NoticeScreen("Loaded in part", found, *sentences))
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
        TextPrompt(
            "Load a report",
            "Path of a Prowler, Security Hub, Checkov, Trivy, KICS or SARIF report. Separate several with"
            f" spaces. {_about_code(page)}",
            _complaint,
        ),
        answered,
    )


def _about_code(page: Page) -> str:
    """Says in which folders the Terraform code of a report is searched for."""
    folders = page.hipaa.bench.config.terraform
    if not folders:
        return (
            "For reports about Terraform code, add the code's folder as [[terraform]] to config.toml first."
        )
    return f"Terraform code is searched for in {count(len(folders), 'folder')} listed in config.toml."


def _in_the_way(report: LoadReport) -> list[str]:
    """Each reason once, with the checks that it applies to."""
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
