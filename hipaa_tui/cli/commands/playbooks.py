"""`playbooks`: list or lint them, start a new one, show which checks they cover, print their schema."""

from __future__ import annotations

import argparse
import json
import shlex
from collections import Counter
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from hipaa_tui.cli.session import print_json
from hipaa_tui.cli.terminal import narrate, say, table
from hipaa_tui.support.config import find_home, read_config
from hipaa_tui.support.errors import ExitCode, InputError

if TYPE_CHECKING:
    from hipaa_tui.playbooks.scaffold import Scaffold


def run(options: argparse.Namespace) -> int:
    if options.action == "new":
        return _new(options)
    if options.resource or options.setting or options.guided or options.out:
        raise InputError("--resource, --setting, --guided and --out are only for `playbooks new`")
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
    tables = {source: coverage(catalogue, source) for source in SOURCES if options.source in {None, source}}
    if options.json:
        print_json({source: [asdict(row) for row in rows] for source, rows in tables.items()})
        return ExitCode.DONE
    for source, rows in tables.items():
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


def _new(options: argparse.Namespace) -> int:
    from hipaa_tui.playbooks.load import load
    from hipaa_tui.playbooks.scaffold import blanks, scaffold, write_scaffold

    if len(options.paths) != 1:
        raise InputError(
            "give one id: `hipaa-tui playbooks new aws.s3.tls-only --setting aws.s3.bucket-policy`"
        )
    own = read_config(find_home()).playbooks
    made = scaffold(
        str(options.paths[0]),
        load(own),
        resource=options.resource,
        setting=options.setting,
        guided=options.guided,
    )
    checkout = _in_checkout()
    if options.out is None and checkout:
        path = Path("playbooks", made.folder, made.file)
    else:
        folder = options.out or next(iter(own), Path())
        path = folder / f"{made.id.partition('.')[2].replace('.', '-')}.yaml"
    write_scaffold(path, made.text)
    left = blanks(made.text)
    steps = _next_steps(made, path, len(left), checkout, own)
    if options.json:
        print_json(
            {
                "id": made.id,
                "path": str(path),
                "resource": made.resource,
                "setting": made.setting or None,
                "guided": made.guided,
                "blanks": [asdict(blank) for blank in left],
                "next": [*steps],
            }
        )
        return ExitCode.DONE
    say(str(path))
    for number, step in enumerate(steps, start=1):
        narrate(f"{number}. {step}")
    return ExitCode.DONE


def _in_checkout() -> bool:
    """Is the current folder a checkout of hipaa-tui?"""
    return Path("hipaa_tui/playbooks/schema.json").is_file() and Path("playbooks").is_dir()


def _next_steps(made: Scaffold, path: Path, blanks: int, checkout: bool, own: tuple[Path, ...]) -> list[str]:
    steps = [
        f"Fill in its {blanks} TODO lines" + (f"; {made.like} is a similar playbook" if made.like else "")
    ]
    if not made.listed:
        steps.append(f"A scan does not list {made.resource} yet: findings come from reports only")
    if checkout and made.snippet:
        steps.append(
            f"Its Terraform snippet exists: {made.snippet}"
            if made.snippet_there
            else f"Add the Terraform snippet of its setting as {made.snippet}, or in edits/ beside it if it is a part of a large block"
        )
    if checkout:
        tests = Path("tests", made.folder if made.folder.name != "operations" else "playbooks").as_posix()
        steps.append(
            f"Test it in {tests}/"
            if made.guided
            else f"Add a non-compliant resource to the estate in {tests}/, and {made.id} to its PLAYBOOKS: the test then "
            "finds, fixes, verifies and rolls it back"
        )
    elif not any(path.resolve().is_relative_to(folder.resolve()) for folder in own):
        steps.append(f"Add its folder under `playbooks` in {find_home().config_file}")
    steps.append(f"hipaa-tui playbooks lint {shlex.quote(str(path))}")
    if checkout:
        steps.append(f"make test T={tests}")
    return steps
