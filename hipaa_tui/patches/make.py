"""Turns a plan into a commit of Terraform on a new branch, the same change as infrastructure code.

A patch says what a run would do (or has done): with the plan applied before or after it, Terraform
ends up with nothing left to change.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hipaa_tui.content import content_folder
from hipaa_tui.errors import InputError, RefusedError
from hipaa_tui.json_value import ABSENT, Json, resolve
from hipaa_tui.patches import facts, hcl
from hipaa_tui.patches.editing import NotEditableError
from hipaa_tui.patches.folder import Folder, Managed
from hipaa_tui.patches.hcl import Block
from hipaa_tui.patches.inplace import InPlace, between, told
from hipaa_tui.patches.instances import Evaluation, Known, read_state
from hipaa_tui.patches.message import commit_message
from hipaa_tui.patches.model import LeftOut, Patch, PatchOptions
from hipaa_tui.patches.objects import IDENTIFYING
from hipaa_tui.patches.render import Patchwork
from hipaa_tui.patches.repository import Repository
from hipaa_tui.patches.scopes import auto_loaded
from hipaa_tui.patches.select import Candidate, NotReady, Selection, resolved, select
from hipaa_tui.patches.sight import Difference
from hipaa_tui.patches.snippets import NoSnippetError, Refused, Snippets
from hipaa_tui.patches.syntax import Declared, parse
from hipaa_tui.patches.validate import LARGEST, terraform_verdict
from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.redaction import secrets_in
from hipaa_tui.settings.live import cloud_of
from hipaa_tui.settings.model import CloudError, Clouds, Progress, Reading, Silent
from hipaa_tui.settings.registry import setting
from hipaa_tui.text import plain

VERSIONS_FILE: Final = "hipaa-versions.tf"
_PLAYBOOK: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,80}")
_NONE: Final = PatchOptions()
_AS_IT_IS: Final = Difference()
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
    """Commit the plan as Terraform to a new branch of the repository that holds the folder `repo`.

    Only reads the clouds. `base` is the commit to build on; `snippets_folder` holds terraform/ and
    records/; `options` are what the user says about the repository. InputError: the folder, branch or a snippet is no good; RefusedError: no change of the
    plan can go in; Cancelled. In each case there is no branch and the repository is as it was.
    """
    progress = progress or Silent()
    snippets = snippets_folder or content_folder("snippets")
    repository = Repository(repo, base)
    repository.refuse_branch(branch)
    repository.refuse_anonymous()
    _refuse_odd_names(plan)
    existing = repository.terraform_files()
    folder = Folder(
        existing,
        repository.terraform_files,
        tuple(options.var_files),
        state=read_state(options.state) if options.state else (),
    )
    _refuse_missing_var_files(options.var_files, existing)
    folder.evaluation = _evaluation(plan, repository, folder, progress)
    if folder.broken:
        syntax = "JSON" if ".json:" in folder.broken[0] else "HCL"
        raise InputError(
            f"{folder.broken[0]}: not {syntax} in the commit, so what it manages is unknown; mend it first"
        )
    total = len(plan.changes) + 3
    selection = select(plan, clouds, folder, progress, total)
    work = _Work(
        plan,
        clouds,
        selection,
        Patchwork(folder, Snippets(snippets / "terraform")),
        InPlace(
            folder, lambda name: repository.callers_of(name, folder.scopes.by_folder), repository.text_of
        ),
        options.shared,
    )
    work.render_all()
    if not work.patchwork.pieces and not work.inplace.edited:
        why = "; ".join(f"{one.change} ({one.resource}): {one.reason}" for one in selection.left_out[:3])
        raise RefusedError(
            f"nothing of the plan can go into a patch: {plain(why, 900) or 'it has no changes'}"
        )
    wrong = [*work.patchwork.check(), *work.inplace.wrong]
    if wrong:
        raise InputError(f"a snippet does not fit the provider's schema: {'; '.join(wrong[:3])}")
    progress.step(len(plan.changes), total, "commit")
    texts = {**work.inplace.edited, **_files(work.patchwork, {**existing, **work.inplace.edited})}
    files = {repository.path_below(name): text for name, text in texts.items()}
    left_out = _in_plan_order(plan, selection.left_out)
    message = commit_message(
        plan,
        work.addresses,
        left_out,
        notes=_notes(folder),
        patchwork=work.patchwork,
        template=snippets / "records" / "commit.txt.j2",
    )
    commit = repository.commit(files, message)
    progress.step(len(plan.changes) + 1, total, "terraform")
    formatted, validated = terraform_verdict(repository, commit, tuple(files), progress)
    diff = repository.diff(commit)
    repository.make_branch(branch, commit)
    progress.step(total, total, "done")
    return Patch(
        repo=repository.folder,
        branch=branch,
        commit=commit,
        files=tuple(files),
        addresses=tuple(dict.fromkeys(address for found in work.addresses.values() for address in found)),
        left_out=left_out,
        message=message,
        diff=diff,
        formatted=formatted,
        validated=validated,
    )


@dataclass
class _Work:
    """One patch in the making."""

    plan: Plan
    clouds: Clouds
    selection: Selection
    patchwork: Patchwork
    inplace: InPlace
    shared: Collection[str] = ()
    addresses: dict[str, list[str]] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)

    def render_all(self) -> None:
        """Every candidate in the plan's order; what cannot be rendered is left out, with its reason."""
        for candidate in self.selection.candidates:
            self.readings.update({change.id: candidate.reading for change in candidate.changes})
        for candidate in self.selection.candidates:
            reason = self._render(candidate)
            if reason:
                self.selection.leave(candidate.changes, reason)
        self.inplace.settle()

    def _render(self, candidate: Candidate) -> str:
        """Put one candidate into the patch; else why it stays out."""
        change = candidate.change
        try:
            variables = self._variables(candidate)
            held = secrets_in({name: variables[name] for name in ("live", "facts", "identity")})
            if held:
                return f"what Terraform has to say holds what looks like a secret ({plain(held[0], 120)}): move it first"
            rendered = self.patchwork.render(change.setting, variables, candidate.provider)
        except NotReady as missing:
            return f"needs what {missing} makes, and that is not in the patch"
        except CloudError as error:
            return f"what Terraform needs to know could not be read: {error}"
        except NoSnippetError as none:
            return self._part(candidate, variables, str(none))
        except Refused as error:
            return str(error)
        found = self.patchwork.managed(rendered)
        if found:
            if found.address:
                for one in candidate.changes:
                    self.patchwork.export(one.id, found.address, variables["identity"])
            if found.resource is None or len(rendered.blocks) != 1:
                return f"already managed at {found.where}: edit it there"
            return self._managed(candidate, variables, rendered.blocks[0], found)
        comment = self._comment(change)
        taken = self.patchwork.take(
            rendered, file=_file_name(change.playbook), comment=comment, provider=candidate.provider
        )
        for one in candidate.changes:
            self.addresses[one.id] = taken
            self.patchwork.exported(one.id, taken[0], variables["identity"])
        return ""

    def _part(self, candidate: Candidate, variables: dict[str, Any], none: str) -> str:
        """Set a part of the resource's own block, where the folder has it; else why not, with what to set."""
        change = candidate.change
        try:
            part = self.patchwork.part(change.setting, variables)
        except NoSnippetError:
            return none
        except Refused as error:
            return str(error)
        type = part.labels[0]
        names = {change.target.name, change.target.id}
        found = self.patchwork.folder.holding(type, names)
        if found is None:
            return f"is a part of that resource's own block: in the block {type} that manages it set {told(part)}"
        return self._over(candidate, found, part)

    def _managed(
        self, candidate: Candidate, variables: dict[str, Any], block: Declared, found: Managed
    ) -> str:
        """Edit the block that manages the object; else why not."""
        change = candidate.change
        before = None
        if variables["before"] is not ABSENT:
            with suppress(Refused, InputError, NotReady):
                earlier = self.patchwork.render(
                    change.setting, {**variables, "value": variables["before"]}, candidate.provider
                )
                before = next((one.to_write() for one in earlier.blocks if one.labels == block.labels), None)
        try:
            part = between(before, block.to_write(), IDENTIFYING[block.labels[0]])
        except NotEditableError as error:
            return f"already managed at {found.where}: edit it there ({error})"
        return self._over(candidate, found, part, Difference(before, block.to_write()))

    def _over(
        self, candidate: Candidate, found: Managed, part: Block, difference: Difference = _AS_IT_IS
    ) -> str:
        """Lay the part over the block; what waits for other instances of the block is settled in `render_all`."""
        resource = found.resource
        addresses = [one.address for one in found.instances] or ([resource.address] if resource else [])
        answer: list[str] = []

        def settled(reason: str) -> None:
            answer.append(reason)
            if reason:
                self.selection.leave(candidate.changes, reason)
            else:
                self.addresses.update({one.id: addresses for one in candidate.changes})

        shared = "all" in self.shared or any(one.id in self.shared for one in candidate.changes)
        self.inplace.over(found, part, shared=shared, settled=settled, difference=difference)
        return answer[0] if answer else ""

    def _variables(self, candidate: Candidate) -> dict[str, Any]:
        change, reading = candidate.change, candidate.reading
        target = change.target
        planned = setting(change.setting).planned_identity(target, change.after)
        return {
            "value": self._value(change.after),
            "before": candidate.changes[0].before,
            "live": reading.value,
            "exists": not reading.absent,
            "applied": candidate.applied,
            "identity": {**planned, **reading.identity},
            "facts": facts.gather(
                cloud_of(self.clouds, target.provider, target.account), change.setting, target, reading
            ),
            "target": target,
            "partition": target.partition,
        }

    def _value(self, value: Json) -> Json:
        """References as addresses; as literals where the block that makes it stays out but the thing exists."""

        def lookup(change: str, name: str) -> Json:
            known = self.patchwork.known(change, name)
            if known is not None and (change in self.addresses or self._left_out(change)):
                return known
            return resolved({"$known_after_apply": f"{change}.{name}"}, self.readings)

        return resolve(value, lookup)

    def _left_out(self, change: str) -> bool:
        return any(one.change == change for one in self.selection.left_out)

    def _comment(self, change: Change) -> str:
        group = next((one for one in self.plan.groups if one.id == change.group), None)
        controls = f", HIPAA {', '.join(group.controls)}" if group and group.controls else ""
        title = setting(change.setting).title
        return plain(f"{title} of {change.target.name}: {change.playbook}{controls}", 200)


def _refuse_missing_var_files(names: Sequence[str], existing: Mapping[str, str]) -> None:
    for name in names:
        if name not in existing or not name.endswith(".tfvars"):
            raise InputError(f"--var-file {plain(name, 80)}: no .tfvars file of the folder at that commit")


def _evaluation(plan: Plan, repository: Repository, folder: Folder, progress: Progress) -> Evaluation:
    """How the folder is evaluated once something hangs on it."""
    aws = [change.target for change in plan.changes if change.target.provider == "aws"]
    accounts = {target.account for target in aws}
    regions = {target.region for target in aws}
    known = Known(
        accounts.pop() if len(accounts) == 1 else "",
        regions.pop() if len(regions) == 1 else "",
        aws[0].partition if aws else "aws",
    )
    total = len(plan.changes)
    return Evaluation(
        lambda path: repository.export_folders(folder.scopes.by_folder, path, LARGEST),
        (*auto_loaded([name for name in folder.files if "/" not in name]), *folder.var_files),
        known,
        progress=lambda: progress.step(0, total, "evaluate Terraform"),
    )


def _refuse_odd_names(plan: Plan) -> None:
    for change in plan.changes:
        if not _PLAYBOOK.fullmatch(change.playbook):
            raise InputError(
                f"the plan names a playbook {plain(change.playbook, 60)!r}, which no playbook is called"
            )


def _file_name(playbook: str) -> str:
    return f"hipaa-{playbook.replace('.', '-')}.tf"


def _files(patchwork: Patchwork, existing: Mapping[str, str]) -> dict[str, str]:
    """name → whole text of each file that the commit adds or extends."""
    files: dict[str, str] = {}
    for piece in patchwork.pieces:
        earlier = files.get(piece.file, existing.get(piece.file, ""))
        files[piece.file] = f"{earlier.rstrip()}\n\n{piece.text()}" if earlier.strip() else piece.text()
    if patchwork.pieces and not any(block.type == "terraform" for _, block in patchwork.folder.blocks):
        providers = sorted(
            {"azurerm" if piece.address.startswith("azurerm_") else "aws" for piece in patchwork.pieces}
        )
        files[_free(VERSIONS_FILE, existing)] = _versions(providers)
    for name, text in files.items():
        broken = parse(text).broken
        if broken:
            raise InputError(f"{name}:{broken}: what was rendered is not HCL; this is a fault of a snippet")
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
    """What the patch could not see, for a person to look at."""
    problem = folder.evaluation.problem if folder.evaluation else ""
    notes = [problem] if problem else []
    notes += [
        f"{where} may be the same object: what it manages could not be told without Terraform"
        for where in folder.unresolved
    ]
    return notes + [
        f"{call.where} was not looked into: {plain(call.source, 120) or 'its source'} is not in the repository"
        for scope in folder.scopes
        for call in scope.calls
        if call.folder is None or not folder.scopes.by_folder[call.folder].blocks
    ]


def _in_plan_order(plan: Plan, left_out: list[LeftOut]) -> tuple[LeftOut, ...]:
    order = {change.id: index for index, change in enumerate(plan.changes)}
    return tuple(sorted(left_out, key=lambda one: order.get(one.change, 0)))
