"""Creates a branch for each playbook or account of a plan, so that each gets its own review.

The commits are made first and the branches last, in one atomic step: never only a part of the branches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hipaa_tui.patches.create import prepare
from hipaa_tui.patches.git.branches import Goal, goals, make_branches
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.patches.model import Patch, PatchOptions
from hipaa_tui.plans.model import Plan
from hipaa_tui.providers.model import Clouds, Progress
from hipaa_tui.support.errors import InputError, RefusedError

PER: Final = ("playbook", "account")
_ODD: Final = re.compile(r"[^a-z0-9._-]+|\.(?=\.)|^[.-]+|[.-]+$|\.lock$")


@dataclass(frozen=True, slots=True)
class BranchPatches:
    """The patches of a plan; `refused` are the parts of which nothing can go in: name of the branch → why."""

    made: tuple[Patch, ...]
    refused: Mapping[str, str]


def make_patches(
    plan: Plan,
    repo: Path,
    branch: str,
    clouds: Clouds,
    per: str,
    *,
    progress: Progress | None = None,
    options: PatchOptions | None = None,
) -> BranchPatches:
    """A branch `branch`/NAME for each playbook or account. As `make_patch`: where one cannot be made, none is.

    A part of which nothing can go in gets no branch; RefusedError where that is so for all.
    """
    options = options or PatchOptions()
    found = parts(plan, per)
    if not found:
        raise RefusedError("the plan contains no changes to commit")
    first = Repository(repo)
    wanted = goals(first, [f"{branch}/{name}" for name in found], options.continue_from)
    patches: dict[Goal, Patch] = {}
    refused: dict[str, str] = {}
    added: dict[str, str] = {}
    for goal, part in zip(wanted, found.values(), strict=True):
        repository = Repository(repo, goal.tip) if goal.tip else Repository(repo)
        try:
            patch = prepare(plan, repository, goal, clouds, progress=progress, options=options, part=part)
        except RefusedError as error:
            refused[goal.name] = str(error)
            continue
        blocks = _added(patch)
        twice = next((block for block in blocks if block in added), "")
        if twice:
            refused[goal.name] = (
                f"it adds {twice}, as {added[twice]} does, and Terraform allows a block only once: merge that branch, "
                "then create this patch again"
            )
            continue
        added |= dict.fromkeys(blocks, goal.name)
        patches[goal] = patch
    if not patches:
        raise RefusedError("; ".join(f"{name}: {reason}" for name, reason in list(refused.items())[:3]))
    make_branches(first, {goal: patch.commit for goal, patch in patches.items()})
    return BranchPatches(tuple(patches.values()), refused)


def _added(patch: Patch) -> tuple[str, ...]:
    """The addresses of the blocks that were not in the repository."""
    patched = patch.told.patched if patch.told else None
    return (*patched.imported, *patched.created) if patched else ()


def parts(plan: Plan, per: str) -> dict[str, frozenset[str]]:
    """Name → ids of its changes, in the plan's order. A group is in one part: it stands or falls together."""
    if per not in PER:
        raise InputError(f"branches can be created per {' or '.join(PER)}")
    keys: dict[str, str] = {}
    found: dict[str, set[str]] = {}
    for change in plan.changes:
        key = keys.setdefault(change.group, change.playbook if per == "playbook" else change.target.account)
        found.setdefault(key, set()).add(change.id)
    named: dict[str, frozenset[str]] = {}
    for key, ids in found.items():
        wanted = name = _name(key)
        number = 2
        while name in named:
            name, number = f"{wanted}-{number}", number + 1
        named[name] = frozenset(ids)
    return named


def _name(key: str) -> str:
    # In small letters: on some file systems git cannot hold two branches that differ by case alone.
    name = key.lower()
    for _ in range(3):
        name = _ODD.sub("-" if not name.startswith((".", "-")) else "", name).strip("-.")
    return name[:100].rstrip("-.") or "other"
