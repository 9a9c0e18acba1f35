"""`show`: show a finding, why it matters and how its playbook fixes it."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import say
from hipaa_tui.controls.citations import all_citations
from hipaa_tui.plans.diff import words
from hipaa_tui.playbooks.model import Playbook
from hipaa_tui.support.errors import ExitCode
from hipaa_tui.support.json_value import Json


def run(options: argparse.Namespace) -> int:
    workbench = open_workbench(options)
    row = workbench.finding(options.finding)
    playbook = workbench.catalogue.playbooks.get(row.playbook)
    if options.json:
        print_json({**row.as_json(), "how": _as_json(playbook) if playbook else None})
        return ExitCode.DONE
    say(f"{row.id}  {row.severity.upper()}  priority {row.priority}  {row.state}")
    if row.exception is not None:
        say(f"excepted {row.exception.told}")
    say(row.title)
    say(f"resource: {row.resource}")
    say(f"account:  {row.provider} {row.account} {row.region}")
    say(f"reported: {row.check} by {', '.join(row.sources)}")
    say(f"detail:   {row.detail}")
    known = all_citations()
    for control in row.controls:
        about = known.get(control)
        need = ("required" if about.required else "addressable") if about else ""
        say(f"control:  {control} {about.title if about else ''} {f'({need})' if need else ''}".rstrip())
    if playbook is None:
        say("No playbook covers this check: fix it by hand, then rescan with the tool that reported it.")
        return ExitCode.DONE
    _print(playbook)
    return ExitCode.DONE


def _print(playbook: Playbook) -> None:
    say()
    say(f"{playbook.title} [{playbook.id}]")
    say(playbook.why)
    for name, text in (
        ("downtime", playbook.effects.downtime),
        ("cost", playbook.effects.cost),
        ("limits", playbook.effects.limits),
        ("risk", playbook.effects.risk),
    ):
        say(f"  {name}: {text}")
    if playbook.parameters:
        say("Parameters (set with --set NAME=VALUE):")
        for parameter in playbook.parameters.values():
            default = words(parameter.default) if parameter.default not in ("", None) else "none"
            say(f"  {parameter.name} ({parameter.type}, default {default}): {parameter.title}")
    for number, step in enumerate(playbook.steps, start=1):
        say(f"  {number}. {step.do}")
        say(f"     evidence: {step.evidence}")
    for link in playbook.links:
        say(f"  {link}")


def _as_json(playbook: Playbook) -> Json:
    return {
        "playbook": playbook.id,
        "title": playbook.title,
        "why": playbook.why,
        "guided": playbook.guided,
        "parameters": [
            {"name": p.name, "title": p.title, "type": p.type, "default": p.default}
            for p in playbook.parameters.values()
        ],
        "steps": [{"do": step.do, "evidence": step.evidence} for step in playbook.steps],
        "links": list(playbook.links),
    }
