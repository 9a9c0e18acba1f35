"""`patch`: a plan's Terraform as a commit on a new branch."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.desk import open_desk, print_json
from hipaa_tui.cli.terminal import LineProgress, say
from hipaa_tui.errors import ExitCode
from hipaa_tui.patches.model import PatchOptions
from hipaa_tui.plans.model import open_plan
from hipaa_tui.text import plain_lines


def run(options: argparse.Namespace) -> int:
    plan = open_plan(options.plan)
    progress = LineProgress()
    about = PatchOptions(options.state, tuple(options.var_file), tuple(options.shared), options.prove)
    patch = open_desk(options).patch(plan, options.repo, options.branch, progress, about)
    progress.clear()
    if options.json:
        print_json(patch.as_json())
    else:
        print(plain_lines(patch.diff, limit=1_000_000))
        say(f"commit {patch.commit[:12]} on branch {patch.branch} of {patch.repo}: {', '.join(patch.files)}")
        for one in patch.left_out:
            say(f"left out: {one.resource}: {one.reason}")
        say(f"terraform: {patch.validated}")
        if patch.proved:
            say(patch.proved)
        say(f"Your work tree, index and HEAD are as they were. Next: git show {patch.branch}")
    return ExitCode.INCOMPLETE if patch.left_out else ExitCode.DONE
