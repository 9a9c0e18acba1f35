"""`patch`: commit a plan as Terraform on a new branch; push it and open a pull request if asked."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hipaa_tui.cli.session import open_workbench, print_json
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
        continue_from=options.continue_from,
        author=options.author,
        hooks=options.hooks,
    )
    workbench = open_workbench(options)
    if options.back:
        plan = workbench.patches.reverted(plan)
    publisher = None
    if options.push is not None or options.pr:
        publisher = workbench.patches.publisher(options.repo, progress, hooks=options.hooks)
        publisher.remote(options.push or "")  # reports a missing remote before anything is created
    refused: dict[str, str] = {}
    if options.per:
        several = workbench.patches.create_per(
            plan, options.repo, options.branch, per=options.per, progress=progress, options=about
        )
        patches, refused = several.made, dict(several.refused)
    else:
        patches = (workbench.patches.create(plan, options.repo, options.branch, progress, about),)
    progress.clear()
    if not options.json:
        for patch in patches:
            _print(patch)
        for branch, reason in refused.items():
            say(f"branch {branch} was not created: {reason}")
    if options.records is not None:
        _write_records(workbench, patches, options.records)
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
        say(f"Your work tree, index and HEAD are unchanged. Next: git show {patches[0].branch}")
    return code


def publish(
    publisher: Publisher, patch: Patch, remote: str, *, pr: bool, quiet: bool = False
) -> dict[str, Json]:
    """Push the branch and, if `pr`, open its pull request. Returns the contract's JSON (README).

    The branch exists in any case, so a failed push is printed and returned as "problem", not raised.
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
            say(f"no pull request was opened: {opened.reason}. Its text:")
            print()
            print(plain_lines(f"{patch.title}\n\n{patch.body}", limit=1_000_000))
            say(f"Open it by hand at {pushed.page or 'your repository'}")
    request: Json = {"link": opened.link, "reason": opened.reason, "page": pushed.page}
    return {"pushed": pushed.as_json(), "pull_request": request}


def _print(patch: Patch) -> None:
    print(plain_lines(patch.diff, limit=1_000_000))
    say(f"commit {patch.commit[:12]} on branch {patch.branch} of {patch.repo}: {', '.join(patch.files)}")
    for skipped in patch.left_out:
        say(f"left out: {skipped.resource}: {skipped.reason}")
    say(f"terraform: {patch.validated}")
    if patch.proved:
        say(patch.proved)
    if patch.hooks:
        say(f"hooks passed: {', '.join(patch.hooks)}")


def _write_records(workbench: Workbench, patches: tuple[Patch, ...], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IncompleteError(
            f"cannot create {folder} for the records: {error.strerror or error}; the branch was created"
        ) from None
    for patch in patches:
        for format, suffix in _SUFFIXES.items():
            if patch.told is not None:
                path = folder / f"{patch.branch.replace('/', '-')}.{suffix}"
                write_private(path, workbench.records.written(patch.told, format))
                narrate(f"wrote the {format} record to {path}")
