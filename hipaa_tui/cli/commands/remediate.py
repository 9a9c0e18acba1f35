"""`remediate`: fix one finding step by step, with prompts (for SSH sessions and screen readers)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hipaa_tui.cli.commands import show
from hipaa_tui.cli.commands.patch import publish
from hipaa_tui.cli.outcome import exit_code, print_run
from hipaa_tui.cli.preview import print_decision, print_plan
from hipaa_tui.cli.session import open_workbench
from hipaa_tui.cli.terminal import LineProgress, ask_reach, has_terminal, need_terminal, say
from hipaa_tui.patches.git.commits import author_from
from hipaa_tui.patches.git.remotes import shown
from hipaa_tui.patches.model import PatchOptions
from hipaa_tui.plans.model import Plan, irreversible_targets
from hipaa_tui.playbooks.model import Playbook
from hipaa_tui.playbooks.parameters import typed
from hipaa_tui.support.errors import ExitCode, InputError, RefusedError
from hipaa_tui.support.sanitize import plain
from hipaa_tui.workbench import Workbench

OFFERED = 50
"""Maximum number of findings in the selection prompt."""


def run(options: argparse.Namespace) -> int:
    need_terminal("remediate")
    workbench = open_workbench(options)
    id = options.finding or _choose(workbench)
    row = workbench.finding(id)
    show.run(argparse.Namespace(**{**vars(options), "finding": row.id, "json": False}))
    playbook = workbench.catalogue.playbooks.get(row.playbook)
    if playbook is None or playbook.guided:
        return ExitCode.DONE
    given = _answers(playbook)
    progress = LineProgress()
    plan = workbench.plan(findings=[row.id], given=given, progress=progress)
    progress.clear()
    print_plan(plan)
    if not plan.changes:
        return ExitCode.DONE
    return _act(workbench, plan)


def _choose(workbench: Workbench) -> str:
    import questionary

    rows = [row for row in workbench.queue(state="open") if row.playbook][:OFFERED]
    if not rows:
        raise InputError("no open finding has a playbook; load a report or run a scan first")
    choices = [
        questionary.Choice(
            plain(f"{row.priority:3} {row.severity:8} {row.title} - {row.resource_name}", limit=150),
            value=row.id,
        )
        for row in rows
    ]
    return str(_asked(questionary.select("Which finding do you want to fix?", choices=choices)))


def _answers(playbook: Playbook) -> dict[str, str]:
    import questionary

    given: dict[str, str] = {}
    for parameter in playbook.parameters.values():

        def check(text: str, parameter: Any = parameter) -> bool | str:
            try:
                typed(parameter, text)
            except InputError as error:
                return str(error)
            return True

        default = parameter.default
        shown = ",".join(map(str, default)) if isinstance(default, list) else str(default)
        given[parameter.name] = str(
            _asked(questionary.text(f"{parameter.title} [{parameter.name}]", default=shown, validate=check))
        )
    return given


def _act(workbench: Workbench, plan: Plan) -> int:
    import questionary

    options = ["Commit as Terraform on a branch", "Write the plan to a file", "Nothing"]
    decision = workbench.decision(plan)
    print_decision(decision)
    if not plan.blocked and not decision.blocks and not workbench.read_only:
        options.insert(0, "Apply now")
    choice = _asked(
        questionary.select("What do you want to do with this plan?", choices=options, default="Nothing")
    )
    if choice == "Apply now":
        for name in irreversible_targets(plan.changes):
            if (
                _asked(
                    questionary.text(f"This cannot be undone. Type the resource's name ({name}) to confirm")
                )
                != name
            ):
                raise RefusedError("the name did not match; nothing was changed")
        reach = ask_reach(decision.reach, decision.reason) if decision.reach else None
        if not _asked(questionary.confirm(f"Apply {len(plan.changes)} changes now?", default=False)):
            raise RefusedError("not approved; nothing was changed")
        progress = LineProgress()
        seen = workbench.apply(plan, reach=reach, progress=progress)
        progress.clear()
        print_run(seen)
        return exit_code(seen)
    if choice.startswith("Commit"):
        return _patch(workbench, plan)
    if choice.startswith("Write"):
        say(f"wrote the plan to {workbench.save_plan(plan)}")
    return ExitCode.DONE


def _patch(workbench: Workbench, plan: Plan) -> int:
    import questionary

    repo = Path(str(_asked(questionary.path("Which Terraform folder?", default=".", only_directories=True))))
    proposed = f"hipaa-tui/{plan.groups[0].playbook}-{plan.hash[:8]}"
    branch = str(_asked(questionary.text("Name of the new branch?", default=proposed)))
    author = "" if workbench.patches.committer(repo) else _author()
    patch = workbench.patches.create(plan, repo, branch, options=PatchOptions(author=author))
    say(f"commit {patch.commit[:12]} on branch {patch.branch}: {', '.join(patch.files)}")
    for skipped in patch.left_out:
        say(f"left out: {skipped.resource}: {skipped.reason}")
    say(f"terraform: {patch.validated}")
    code = ExitCode.INCOMPLETE if patch.left_out else ExitCode.DONE
    progress = LineProgress()
    publisher = workbench.patches.publisher(repo, progress)
    try:
        remote, url = publisher.remote()
    except InputError:
        return code  # the repository has no remote to push to
    offers = ["Nothing", "Push the branch", "Push the branch and open a pull request"]
    answer = _asked(questionary.select(f"Push to {remote} ({shown(url)})?", choices=offers))
    if answer != "Nothing":
        done = publish(publisher, patch, remote, pr=answer == offers[2])
        code = code if done["pushed"] else ExitCode.INCOMPLETE
    return code


def _author() -> str:
    import questionary

    def check(text: str) -> bool | str:
        try:
            author_from(text)
        except InputError as error:
            return str(error)
        return True

    question = "git has no user.name and user.email. Author of the commit (Name <email>)?"
    return str(_asked(questionary.text(question, validate=check)))


def _asked(question: Any) -> Any:
    """The answer to a questionary prompt. RefusedError if the user pressed Ctrl-C, InputError without a terminal."""
    if not has_terminal():
        raise InputError("remediate needs a terminal")
    answer = question.ask()
    if answer is None:
        raise RefusedError("canceled; nothing was changed")
    return answer
