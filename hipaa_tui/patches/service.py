"""Patches as the workbench calls them: with the settings of config.toml and the plan's approvals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.git.commits import committer
from hipaa_tui.patches.git.publish import Publisher
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.patches.model import Patch, PatchOptions
from hipaa_tui.patches.per_branch import BranchPatches, make_patches
from hipaa_tui.patches.revert import backwards
from hipaa_tui.plans.model import Plan
from hipaa_tui.providers.model import Clouds, Progress, Silent
from hipaa_tui.records.model import Approved
from hipaa_tui.support.config import TerraformCode


@dataclass(frozen=True)
class PatchService:
    """Makes and publishes patches.

    `terraform` and `records` are config.toml's folders of code and of the team's templates; `approvals` gives those
    of a plan, for its record.
    """

    clouds: Clouds
    terraform: Sequence[TerraformCode]
    records: Path | None
    approvals: Callable[[Plan], Sequence[Approved]]

    def create(
        self,
        plan: Plan,
        repo: Path,
        branch: str,
        progress: Progress | None = None,
        options: PatchOptions | None = None,
    ) -> Patch:
        """Commit the plan as Terraform on a new branch of a repository. InputError, RefusedError.

        The folder's settings in config.toml apply where `options` has none.
        """
        return make_patch(
            plan, repo, branch, self.clouds, progress=progress, options=self._options(plan, repo, options)
        )

    def create_per(
        self,
        plan: Plan,
        repo: Path,
        branch: str,
        *,
        per: str,
        progress: Progress | None = None,
        options: PatchOptions | None = None,
    ) -> BranchPatches:
        """Like `create`, with a branch below `branch` for each "playbook" or "account"."""
        chosen = self._options(plan, repo, options)
        return make_patches(plan, repo, branch, self.clouds, per, progress=progress, options=chosen)

    def reverted(self, plan: Plan) -> Plan:
        """The plan of the reverse patch."""
        return backwards(plan, self.clouds)

    def committer(self, repo: Path) -> str:
        """git's user.name and user.email for the repository; "" if not set. InputError if there is no repository."""
        return committer(Repository(repo))

    def publisher(self, repo: Path, progress: Progress | None = None, *, hooks: bool = False) -> Publisher:
        """A Publisher, which pushes branches and opens pull requests. InputError if there is no repository."""
        return Publisher(repo, progress or Silent(), hooks=hooks)

    def _options(self, plan: Plan, repo: Path, options: PatchOptions | None) -> PatchOptions:
        options = options or PatchOptions()
        for code in self.terraform:
            if code.folder.resolve() == repo.expanduser().resolve():
                options = replace(
                    options,
                    state=options.state or code.state,
                    var_files=options.var_files or code.var_files,
                )
        return replace(options, records=self.records, approvals=self.approvals(plan))
