"""Creates the branches, as the last and atomic step: until then the repository is unchanged.

An existing branch is only continued on request (--continue), if hipaa-tui made its last commit or the user names that,
and never while it is checked out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hipaa_tui.patches.git.command import GitFailed
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.records.record import TRAILER
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.sanitize import plain

OWN: Final = "own"
"""Value of --continue without a commit: continue a branch whose last commit hipaa-tui made."""
_HASH: Final = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a commit goes: the branch, and the commit that it builds on ("": the branch is new)."""

    name: str
    tip: str = ""


def goals(repository: Repository, names: Sequence[str], continue_from: str = "") -> list[Goal]:
    """The branches as they stand now. InputError where one is no name, is taken, or stands in another's way.

    `going_on` says what may be continued: "" nothing, OWN what hipaa-tui made, else the tip that the user names.
    """
    there = dict(
        line.split(" ", 1)
        for line in repository.run(
            "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"
        ).splitlines()
    )
    found = []
    for name in names:
        if not _names_a_branch(repository, name):
            raise InputError(f"{plain(name, 100)!r} is not a valid branch name; choose another")
        ref = f"refs/heads/{name}"
        for other in (*there, *(f"refs/heads/{one}" for one in names if one != name)):
            if other.startswith(f"{ref}/") or ref.startswith(f"{other}/"):
                raise InputError(
                    f"the branch {name} cannot exist beside {other.removeprefix('refs/heads/')}; choose another name"
                )
        tip = there.get(ref, "")
        if tip:
            _refuse_tip(repository, name, tip, continue_from)
        elif not repository.base and repository.run("symbolic-ref", "--quiet", "HEAD") == ref:
            raise InputError(
                f"{name} is checked out and has no commit yet; choose another name with --branch"
            )
        found.append(Goal(name, tip))
    return found


def _refuse_tip(repository: Repository, name: str, tip: str, continue_from: str) -> None:
    if not continue_from:
        raise InputError(
            f"the branch {name} exists; choose another name with --branch, or add to it with --continue"
        )
    if f"branch refs/heads/{name}" in repository.answer("worktree", "list", "--porcelain").splitlines():
        raise InputError(
            f"the branch {name} is checked out, and hipaa-tui never moves that; check out another one first"
        )
    if continue_from != OWN:
        if not _HASH.fullmatch(continue_from) or not tip.startswith(continue_from):
            raise InputError(
                f"the branch {name} ends at {tip[:12]}, not at {plain(continue_from, 64)!r}; check it again with "
                f"`git log {name}`"
            )
        return
    made = repository.answer("log", "-1", f"--format=%(trailers:key={TRAILER},valueonly)", tip)
    if not made.startswith("hipaa-tui "):
        about = plain(repository.answer("log", "-1", "--format=%s, by %an", tip), 120)
        raise InputError(
            f"the last commit of {name} was not made by hipaa-tui ({tip[:12]} {about}); to add to it anyway, "
            f"use --continue {tip[:12]}"
        )


def _names_a_branch(repository: Repository, name: str) -> bool:
    if not name or name.startswith("-") or name in {"HEAD", "@"} or "\0" in name or "\n" in name:
        return False
    try:
        repository.run("check-ref-format", f"refs/heads/{name}")
    except GitFailed:
        return False
    return True


def make_branches(repository: Repository, made: Mapping[Goal, str]) -> None:
    """Point each branch to its commit, all or none. InputError if one has changed in the meantime."""
    lines = [
        f"update refs/heads/{goal.name} {commit} {goal.tip or '0' * len(commit)}\n"
        for goal, commit in made.items()
    ]
    try:
        repository.feed(
            "".join(["start\n", *lines, "commit\n"]), "update-ref", "-m", "hipaa-tui: patch", "--stdin"
        )
    except GitFailed as error:
        names = ", ".join(goal.name for goal in made)
        raise InputError(f"git cannot create the branch {names}: {error}; choose another name") from None
