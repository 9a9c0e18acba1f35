"""`load`: load findings from scanner reports."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import LineProgress, say
from hipaa_tui.patches.code.finding_locator import Where
from hipaa_tui.support.errors import ExitCode, InputError

_SHOWN: Final = 20


def run(options: argparse.Namespace) -> int:
    progress = LineProgress()
    where = Where(
        options.repo, options.state, tuple(options.var_file), options.code_account, options.code_region
    )
    _refuse_aimless(where)
    report = open_workbench(options).load(options.files, progress, where)
    progress.clear()
    if options.json:
        print_json(report.as_json())
        return ExitCode.DONE
    for file in report.files:
        skipped = ", ".join(f"{count} {reason}" for reason, count in file["skipped"].items()) or "none"
        say(
            f"{file['path']}: {file['format']}, {file['read']} rows, {file['findings']} findings (skipped: {skipped})"
        )
        for bad in file["bad"][:20]:
            say(f"  {bad['where']} ignored: {bad['reason']}")
        if len(file["bad"]) > 20:
            say(f"  … and {len(file['bad']) - 20} more bad rows")
        _say_unlocated(file["unlocated"])
    say(
        f"{report.new} new findings, {report.merged} merged into existing ones, "
        f"{report.unmatched} without a playbook, {report.bad} bad rows"
    )
    if report.located or report.unlocated:
        say(f"{report.located} rows about code were mapped to cloud resources, {report.unlocated} were not")
    return ExitCode.DONE


def _say_unlocated(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print each reason once with its checks: many rows share one reason."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        several = f": {', '.join(row['candidates'])}" if row["candidates"] else ""
        reasons.setdefault(f"{row['reason']}{several}", []).append(row["check"])
    for reason, checks in list(reasons.items())[:_SHOWN]:
        say(f"  not mapped: {reason} ({', '.join(dict.fromkeys(checks))})")
    if len(reasons) > _SHOWN:
        say(f"  … and {len(reasons) - _SHOWN} more reasons; --json has them all")


def _refuse_aimless(where: Where) -> None:
    """InputError for options that need --repo if it was not given."""
    if where.repo is None and (where.state is not None or where.var_files):
        raise InputError("--state and --var-file need --repo")
