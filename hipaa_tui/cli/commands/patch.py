"""`patch`: a plan's Terraform as a commit on a new branch, pushed and made a pull request where that is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hipaa_tui.cli.session import open_desk, print_json
from hipaa_tui.cli.terminal import LineProgress, narrate, say
from hipaa_tui.patches.model import Patch, PatchOptions
from hipaa_tui.plans.model import open_plan
from hipaa_tui.support.errors import ExitCode, HipaaTuiError, IncompleteError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.private_files import write_private
from hipaa_tui.support.redaction import redact_text
from hipaa_tui.support.sanitize import plain, plain_lines

if TYPE_CHECKING:
    from hipaa_tui.patches.git.publish import Publisher
    from hipaa_tui.workbench import Workbench

_SUFFIXES = {"pr": "pr.md", "servicenow": "servicenow.json", "jira": "jira.json"}


def run(options: argparse.Namespace) -> int:
    plan = open_plan(options.plan)
    progress = LineProgress()
    about = PatchOptions(
        options.state,
        tuple(options.var_file),
        tuple(options.shared),
        options.prove,
        going_on=options.going_on,
        author=options.author,
        hooks=options.hooks,
    )
    desk = open_desk(options)
    if options.back:
        plan = desk.patches.reverted(plan)
    publisher = None
    if options.push is not None or options.pr:
        publisher = desk.patches.publisher(options.repo, progress, hooks=options.hooks)
        publisher.remote(options.push or "")  # a remote that is not there is said before anything is made
    refused: dict[str, str] = {}
    if options.per:
        several = desk.patches.create_per(
            plan, options.repo, options.branch, per=options.per, progress=progress, options=about
        )
        patches, refused = several.made, dict(several.refused)
    else:
        patches = (desk.patches.create(plan, options.repo, options.branch, progress, about),)
    progress.clear()
    if not options.json:
        for patch in patches:
            _print(patch)
        for branch, reason in refused.items():
            say(f"no branch {branch}: {reason}")
    if options.records is not None:
        _write_records(desk, patches, options.records)
    documents: list[dict[str, Json]] = []
    code = ExitCode.INCOMPLETE if refused or any(patch.left_out for patch in patches) else ExitCode.DONE
    for patch in patches:
        document = patch.as_json()
        if publisher is not None:
            more = publish(publisher, patch, options.push or "", pr=options.pr, quiet=options.json)
            progress.clear()
            document |= more
            code = code if more["pushed"] else ExitCode.INCOMPLETE
        documents.append(document)
    if options.json:
        print_json({"patches": documents, "refused": refused} if options.per else documents[0])
    else:
        say(f"Your work tree, index and HEAD are as they were. Next: git show {patches[0].branch}")
    return code


def publish(
    publisher: Publisher, patch: Patch, remote: str, *, pr: bool, quiet: bool = False
) -> dict[str, Json]:
    """Push the branch, and open its pull request where wanted; what came of it, as JSON.

    The branch stands in any case, so what goes wrong is told, and is no error of its own.
    """
    try:
        pushed = publisher.push(patch.branch, remote)
    except HipaaTuiError as error:
        sentence = redact_text(plain(str(error), 2000))
        narrate(f"not pushed: {sentence}")
        return {"pushed": None, "problem": sentence}
    if not quiet:
        say(f"pushed {pushed.branch} to {pushed.remote} ({pushed.url})")
    if not pr:
        return {"pushed": pushed.as_json()}
    opened = publisher.open(pushed, patch.title, patch.body)
    if not quiet:
        if opened.link:
            say(f"pull request: {opened.link}")
        else:
            say(f"no pull request was opened: {opened.reason}. Its text is ready:")
            print()
            print(plain_lines(f"{patch.title}\n\n{patch.body}", limit=1_000_000))
            say(f"Paste it at {pushed.page or 'the page of your repository'}")
    asked: Json = {"link": opened.link, "reason": opened.reason, "page": pushed.page}
    return {"pushed": pushed.as_json(), "pull_request": asked}


def _print(patch: Patch) -> None:
    print(plain_lines(patch.diff, limit=1_000_000))
    say(f"commit {patch.commit[:12]} on branch {patch.branch} of {patch.repo}: {', '.join(patch.files)}")
    for one in patch.left_out:
        say(f"left out: {one.resource}: {one.reason}")
    say(f"terraform: {patch.validated}")
    if patch.proved:
        say(patch.proved)
    if patch.hooks:
        say(f"hooks that passed: {', '.join(patch.hooks)}")


def _write_records(desk: Workbench, patches: tuple[Patch, ...], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IncompleteError(
            f"cannot make the folder {folder} for the records: {error.strerror or error}; the patch stands"
        ) from None
    for patch in patches:
        for format, suffix in _SUFFIXES.items():
            if patch.told is not None:
                path = folder / f"{patch.branch.replace('/', '-')}.{suffix}"
                write_private(path, desk.records.written(patch.told, format))
                narrate(f"the {format} record is in {path}")
