"""What a patch is, once it stands on its branch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hipaa_tui.records.model import Approved, LeftOut
from hipaa_tui.support.json_value import Json

if TYPE_CHECKING:
    from hipaa_tui.records.model import Approved, Told


@dataclass(frozen=True, slots=True)
class PatchOptions:
    """What the user says about the repository.

    `state` is a Terraform state or `terraform show -json`'s output, `var_files` are what Terraform gets with
    -var-file, by their names in the folder; `shared` are the ids of changes ("all": every one) whose new value
    others may get too, since they read the same variable or are made by the same block. `prove` has `terraform plan`
    say, with the user's credentials, that nothing else would change.

    `going_on` says which branch that exists may be continued ("": none, see `branches.goals`), `author` is
    "Name <mail>" where it is not who git knows, `hooks` has the repository's hooks look at the commit. `records`
    is the team's folder of templates; `approvals` are those of the plan, for the record.
    """

    state: Path | None = None
    var_files: Sequence[str] = ()
    shared: Collection[str] = ()
    prove: bool = False
    going_on: str = ""
    author: str = ""
    hooks: bool = False
    records: Path | None = None
    approvals: Sequence[Approved] = ()


@dataclass(frozen=True, slots=True)
class Patch:
    """A commit on a branch. `diff` is its unified diff; `validated` says what terraform said."""

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
    """What a pull request says."""
    told: Told | None = None
    """What the records of other formats are written from."""

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
