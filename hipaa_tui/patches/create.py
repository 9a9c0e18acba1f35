"""Turns a plan into a Terraform commit on a new branch.

A patch is the same change as a run: whether the plan is applied before or after it, Terraform finds nothing left to
change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from hipaa_tui.patches.blocks.placing import place, with_tags
from hipaa_tui.patches.blocks.render import Patchwork
from hipaa_tui.patches.blocks.snippets import Snippets
from hipaa_tui.patches.build import Work
from hipaa_tui.patches.checks.terraform_plan import Local, prove
from hipaa_tui.patches.checks.terraform_validate import terraform_verdict
from hipaa_tui.patches.code.folder import Folder
from hipaa_tui.patches.code.instances import Known
from hipaa_tui.patches.code.providers import LOCK_FILE, majors, renamed
from hipaa_tui.patches.code.reading import read_folder
from hipaa_tui.patches.edit.in_place import InPlace
from hipaa_tui.patches.eligibility import select
from hipaa_tui.patches.git.branches import Goal, goals, make_branches
from hipaa_tui.patches.git.commits import commit_tree, identity, write_tree
from hipaa_tui.patches.git.hooks import run_hooks
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.patches.language import hcl
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.syntax import parse
from hipaa_tui.patches.model import Patch, PatchOptions
from hipaa_tui.plans.model import Plan
from hipaa_tui.providers.model import Clouds, Progress, Silent
from hipaa_tui.records import record as records
from hipaa_tui.records.model import LeftOut, Patched, RecordData
from hipaa_tui.support.errors import InputError, RefusedError
from hipaa_tui.support.package_data import content_folder
from hipaa_tui.support.sanitize import plain

VERSIONS_FILE: Final = "hipaa-versions.tf"
_PLAYBOOK: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,80}")
_NONE: Final = PatchOptions()
_REQUIRED: Final = {
    "aws": ("hashicorp/aws", "~> 5.0"),
    "azurerm": ("hashicorp/azurerm", "~> 4.0"),
}


def make_patch(
    plan: Plan,
    repo: Path,
    branch: str,
    clouds: Clouds,
    *,
    base: str = "HEAD",
    progress: Progress | None = None,
    snippets_folder: Path | None = None,
    options: PatchOptions = _NONE,
) -> Patch:
    """Commit the plan as Terraform on a new branch of the repository that contains the folder `repo`. Only reads the clouds.

    `base` is the commit to build on; `snippets_folder` contains terraform/ and records/; `options` are the user's.
    InputError: the folder, branch or a snippet is invalid. RefusedError: no change of the plan can go in. Cancelled. In
    each case no branch is created and the repository is unchanged.
    """
    repository = Repository(repo, base)
    (goal,) = goals(repository, [branch], options.continue_from)
    if goal.tip:
        repository = Repository(repo, goal.tip)
    patch = prepare(
        plan, repository, goal, clouds, progress=progress, snippets_folder=snippets_folder, options=options
    )
    make_branches(repository, {goal: patch.commit})
    return patch


def prepare(
    plan: Plan,
    repository: Repository,
    goal: Goal,
    clouds: Clouds,
    *,
    progress: Progress | None = None,
    snippets_folder: Path | None = None,
    options: PatchOptions = _NONE,
    part: frozenset[str] | None = None,
) -> Patch:
    """As `make_patch`, up to the commit that no branch points to yet. `part` are the ids of the changes in it."""
    progress = progress or Silent()
    snippets = snippets_folder or content_folder("snippets")
    whole = plan
    if part is not None:
        plan = replace(plan, changes=tuple(one for one in plan.changes if one.id in part))
    author = identity(repository, options.author)
    _refuse_odd_names(plan)
    total = len(plan.changes) + 3
    folder = read_folder(
        repository,
        _known(plan),
        options,
        lambda: progress.step(0, total, "evaluate Terraform"),
    )
    existing = folder.files
    versions = majors(folder, repository.text_of(LOCK_FILE) or "")
    selection = select(plan, clouds, folder, progress, total)
    work = Work(
        plan,
        clouds,
        selection,
        Patchwork(folder, Snippets(snippets / "terraform")),
        InPlace(
            folder,
            lambda name: repository.callers_of(name, folder.scopes.by_folder),
            lambda block: renamed(block, versions),
            repository.text_of,
        ),
        options.shared,
        versions,
    )
    work.render_all()
    if not work.patchwork.pieces and not work.inplace.edited:
        why = "; ".join(f"{one.change} ({one.resource}): {one.reason}" for one in selection.left_out[:3])
        raise RefusedError(f"no change of the plan can be committed: {plain(why, 900) or 'it contains none'}")
    wrong = [*work.patchwork.check(), *work.inplace.wrong]
    if wrong:
        raise InputError(f"a snippet does not fit the provider's schema: {'; '.join(wrong[:3])}")
    work.gather()
    progress.step(len(plan.changes), total, "commit")
    texts = {**work.inplace.edited, **_files(work.patchwork, {**existing, **work.inplace.edited}, versions)}
    files = {repository.path_below(name): text for name, text in texts.items()}
    left_out = _in_plan_order(plan, selection.left_out)
    progress.step(len(plan.changes) + 1, total, "terraform")
    tree = write_tree(repository, files)
    if repository.base and tree == repository.run("rev-parse", f"{repository.base}^{{tree}}"):
        raise RefusedError("the branch already contains everything, so there is nothing to commit")
    formatted, validated = terraform_verdict(repository, tree, tuple(files), progress)
    proved = (
        prove(repository, tree, work.allowed(), _local(folder, repository, options), progress)
        if options.prove
        else ""
    )
    made = [one for piece in work.patchwork.pieces for one in piece.instances()]
    patched = Patched(
        branch=goal.name,
        addresses=work.addresses,
        left_out=left_out,
        files=tuple(files),
        imported=[address for address, id in made if id],
        created=[address for address, id in made if not id],
        notes=_notes(folder),
        terraform=f"{validated}; {proved}" if proved else validated,
    )
    record = RecordData(whole, options.approvals, patched, part=part)
    templates = (options.records, snippets / "records")
    message = records.write(record, "commit", *templates)
    hooks: tuple[str, ...] = ()
    if options.hooks:
        message, hooks = run_hooks(repository, tree, message, branch=goal.name, env=author, progress=progress)
        record = replace(record, patched=replace(patched, hooks=hooks))
    body = records.write(record, "pr", *templates)
    commit = commit_tree(repository, tree, message, author=options.author)
    diff = repository.diff(commit)
    progress.step(total, total, "done")
    return Patch(
        repo=repository.folder,
        branch=goal.name,
        commit=commit,
        files=tuple(files),
        addresses=tuple(dict.fromkeys(address for found in work.addresses.values() for address in found)),
        left_out=left_out,
        message=message,
        diff=diff,
        formatted=formatted,
        validated=validated,
        proved=proved,
        hooks=hooks,
        title=records.subject(record),
        body=body,
        told=record,
    )


def _local(folder: Folder, repository: Repository, options: PatchOptions) -> Local:
    backend = any(
        any(block.inner("backend", "cloud")) for _, block in folder.blocks if block.type == "terraform"
    )
    return Local(repository.folder, options.state, options.var_files, backend=backend)


def _known(plan: Plan) -> Known:
    """What data sources of the folder can be filled in with: the plan's account and region, where they are one."""
    aws = [change.target for change in plan.changes if change.target.provider == "aws"]
    accounts = {target.account for target in aws}
    regions = {target.region for target in aws}
    return Known(
        accounts.pop() if len(accounts) == 1 else "",
        regions.pop() if len(regions) == 1 else "",
        aws[0].partition if aws else "aws",
    )


def _refuse_odd_names(plan: Plan) -> None:
    for change in plan.changes:
        if not _PLAYBOOK.fullmatch(change.playbook):
            raise InputError(f"the plan names an invalid playbook {plain(change.playbook, 60)!r}")


def _files(patchwork: Patchwork, existing: Mapping[str, str], versions: Mapping[str, int]) -> dict[str, str]:
    """name → whole text of each file that the commit adds or extends."""
    pieces = [replace(one, block=renamed(one.block, versions)) for one in patchwork.pieces]
    files = place(with_tags(pieces, patchwork.folder), patchwork.folder, existing)
    if patchwork.pieces and not any(block.type == "terraform" for _, block in patchwork.folder.blocks):
        providers = sorted(
            {"azurerm" if piece.address.startswith("azurerm_") else "aws" for piece in patchwork.pieces}
        )
        files[_free(VERSIONS_FILE, existing)] = _versions(providers)
    for name, text in files.items():
        broken = parse(text).broken
        if broken:
            raise InputError(
                f"{name}:{broken}: the rendered code is not valid HCL; this is a bug in a snippet"
            )
    return files


def _free(name: str, existing: Mapping[str, str]) -> str:
    stem, number = name.removesuffix(".tf"), 2
    while name in existing:
        name, number = f"{stem}-{number}.tf", number + 1
    return name


def _versions(providers: list[str]) -> str:
    rows = [
        (name, hcl.expression({"source": _REQUIRED[name][0], "version": _REQUIRED[name][1]}))
        for name in providers
    ]
    block = Block(
        "terraform",
        attributes=(("required_version", hcl.string(">= 1.5")),),
        blocks=(Block("required_providers", attributes=tuple(rows)),),
    )
    return hcl.written(block)


def _notes(folder: Folder) -> list[str]:
    """What the patch could not determine, for a person to check."""
    problem = folder.evaluation.problem if folder.evaluation else ""
    notes = [problem] if problem else []
    notes += [
        f"{where} may be the same resource: what it manages is known only to Terraform"
        for where in folder.unresolved
    ]
    return notes + [
        f"{call.where} was not read: {plain(call.source, 120) or 'its source'} is not in the repository"
        for call in folder.scopes.unread()
    ]


def _in_plan_order(plan: Plan, left_out: list[LeftOut]) -> tuple[LeftOut, ...]:
    order = {change.id: index for index, change in enumerate(plan.changes)}
    return tuple(sorted(left_out, key=lambda one: order.get(one.change, 0)))
