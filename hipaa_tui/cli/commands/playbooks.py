"""`playbooks`: list them, check them, print their schema."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict
from importlib import resources

from hipaa_tui.cli.session import print_json
from hipaa_tui.cli.terminal import say, table
from hipaa_tui.support.config import find_home, read_config
from hipaa_tui.support.errors import ExitCode


def run(options: argparse.Namespace) -> int:
    if options.action == "schema":
        text = resources.files("hipaa_tui.playbooks").joinpath("schema.json").read_text("utf-8")
        print_json(json.loads(text))
        return ExitCode.DONE
    if options.action == "lint":
        return _lint(options)
    if options.action == "coverage":
        return _coverage(options)
    from hipaa_tui.playbooks.load import load

    playbooks = load(read_config(find_home()).playbooks).playbooks.values()
    if options.json:
        print_json(
            [
                {
                    "id": p.id,
                    "title": p.title,
                    "resource": p.resource,
                    "severity": p.severity,
                    "guided": p.guided,
                    "controls": list(p.controls),
                    "answers": {source: list(checks) for source, checks in p.answers.items()},
                }
                for p in playbooks
            ]
        )
        return ExitCode.DONE
    table(
        ("PLAYBOOK", "KIND", "SEVERITY", "CHECKS", "TITLE"),
        (
            (
                p.id,
                "guided" if p.guided else "automatic",
                p.severity,
                str(sum(len(checks) for checks in p.answers.values())),
                p.title,
            )
            for p in playbooks
        ),
    )
    return ExitCode.DONE


def _coverage(options: argparse.Namespace) -> int:
    from hipaa_tui.playbooks.coverage import SOURCES, coverage
    from hipaa_tui.playbooks.load import load

    catalogue = load(read_config(find_home()).playbooks)
    found = {source: coverage(catalogue, source) for source in SOURCES if options.source in {None, source}}
    if options.json:
        print_json({source: [asdict(row) for row in rows] for source, rows in found.items()})
        return ExitCode.DONE
    for source, rows in found.items():
        table(
            ("CHECK", "KIND", "PLAYBOOK"),
            ((row.check, row.kind, row.playbook) for row in sorted(rows, key=lambda row: row.provider)),
        )
        for provider in dict.fromkeys(row.provider for row in rows):
            kinds = Counter(row.kind for row in rows if row.provider == provider)
            total = kinds.total()
            say(
                f"{source} on {provider}: {total - kinds['none']} of {total} checks covered: "
                f"{kinds['automatic']} automatic, {kinds['guided']} guided, {kinds['none']} none"
            )
    return ExitCode.DONE


def _lint(options: argparse.Namespace) -> int:
    from hipaa_tui.plans.run_guards import guards
    from hipaa_tui.playbooks.lint import lint

    folders = read_config(find_home()).playbooks
    checked, problems = lint(options.paths, guards()[0], folders)
    if options.json:
        print_json({"checked": checked, "problems": problems})
    else:
        for problem in problems:
            say(problem)
        say(f"{checked} playbooks checked, {len(problems)} problems")
    return ExitCode.USAGE if problems else ExitCode.DONE
