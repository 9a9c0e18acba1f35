"""The patch: its options and its result."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hipaa_tui.records.model import Approved, LeftOut
from hipaa_tui.support.json_value import Json

if TYPE_CHECKING:
    from hipaa_tui.records.model import Approved, RecordData


@dataclass(frozen=True, slots=True)
class PatchOptions:
    """The user's options for a patch.

    `state` is a Terraform state or `terraform show -json`'s output, `var_files` are what Terraform gets with
    -var-file, by their names in the folder; `shared`: ids of changes ("all": every one) that may affect other resources, which use the same variable or block.
    `prove`: run `terraform plan` with the user's credentials, and fail if anything else would change. `going_on`: which
    existing branch may be continued ("": none; see `branches.goals`). `author`: "Name <email>", or "" for git's own.
    `hooks`: run the repository's hooks. `records`: the team's folder of templates. `approvals`: those of the plan, for
    the record.
    """

    state: Path | None = None
    var_files: Sequence[str] = ()
    shared: Collection[str] = ()
    prove: bool = False
    continue_from: str = ""
    author: str = ""
    hooks: bool = False
    records: Path | None = None
    approvals: Sequence[Approved] = ()


@dataclass(frozen=True, slots=True)
class Patch:
    """A commit on a branch. `diff` is its unified diff, `validated` the result of `terraform validate`."""

    repo: Path
    branch: str
    commit: str
    files: tuple[str, ...]
    addresses: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    message: str
    diff: str
    formatted: bool
    validated: str  # "valid", "not validated: …", or what terraform found
    proved: str = ""  # what `terraform plan` says, "not proved: why", "" where nobody asked
    hooks: tuple[str, ...] = ()
    title: str = ""
    body: str = ""
    """The text of the pull request, in Markdown."""
    told: RecordData | None = None
    """The facts from which records in other formats are written."""

    def as_json(self) -> dict[str, Json]:
        return {
            "repo": str(self.repo),
            "branch": self.branch,
            "commit": self.commit,
            "files": list(self.files),
            "addresses": list(self.addresses),
            "left_out": [one.as_json() for one in self.left_out],
            "message": self.message,
            "formatted": self.formatted,
            "validated": self.validated,
            "proved": self.proved,
            "hooks": list(self.hooks),
            "title": self.title,
            "body": self.body,
        }
