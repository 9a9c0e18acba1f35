"""Maps scanner reports about the team's Terraform folders to the cloud resources that these manage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hipaa_tui.findings.model import Finding
from hipaa_tui.findings.readers.reader import InCode
from hipaa_tui.patches.code.finding_resolution import Locator, Unlocated, locator
from hipaa_tui.patches.code.instances import Known
from hipaa_tui.patches.code.reading import read_folder
from hipaa_tui.patches.code.report_paths import Names
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.patches.model import PatchOptions
from hipaa_tui.support.config import TerraformCode
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.sanitize import plain

_SEVERAL: Final = "the file name is ambiguous between several folders; give the scanned one with --repo"


@dataclass(frozen=True, slots=True)
class Where:
    """Which code the reports are about, as the user says it.

    `repo` is a folder of a repository (else those of config.toml are), `state` and `var_files` as for a patch;
    `account` and `region` are those of its default providers, where neither the code nor a state says them.
    """

    repo: Path | None = None
    state: Path | None = None
    var_files: Sequence[str] = ()
    account: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Located:
    """What became of one report's rows in code: `rows` of them were led to `findings`.

    A row is in both where the code names some of the resources that it is about, and not the others.
    """

    findings: tuple[Finding, ...] = ()
    rows: int = 0
    unlocated: tuple[Unlocated, ...] = ()

    def as_json(self) -> dict[str, Json]:
        return {
            "located": self.rows,
            "unlocated": [
                {
                    "where": one.row.where,
                    "check": one.row.check,
                    "place": plain(one.row.place, 300),
                    "reason": plain(one.reason, 500),
                    "candidates": [plain(name, 200) for name in one.candidates],
                }
                for one in self.unlocated
            ],
        }


@dataclass
class Locators:
    """The folders' locators; each folder is read once. `wanted` says which type a check's playbook changes."""

    folders: Sequence[TerraformCode]
    where: Where
    wanted: Callable[[str], str]
    progress: Callable[[], None] = lambda: None
    _read: list[Locator] = field(default_factory=list)

    def locate(self, rows: Iterable[InCode]) -> Located:
        """InputError where a folder cannot be read."""
        findings: list[Finding] = []
        unlocated: list[Unlocated] = []
        count = 0
        for row in rows:
            answers = [one.locate(row, self.wanted(row.check)) for one in self._locators()]
            self.progress()
            files = sorted({one.file for one in answers if one.file})
            if len(files) > 1:
                unlocated.append(Unlocated(row, _SEVERAL, tuple(files)))
                continue
            # A block of a module stands in every folder that calls it.
            here = [one for one in answers if one.file]
            found = {each.fingerprint: each for one in here for each in one.findings}
            count += bool(found)
            findings += found.values()
            unlocated += [each for one in here for each in one.unlocated] or (
                [] if found else [_nearest([each for one in answers for each in one.unlocated])]
            )
        return Located(tuple(findings), count, tuple(unlocated))

    def _locators(self) -> list[Locator]:
        if not self._read:
            self._read = [self._locator(one) for one in self.folders]
        return self._read

    def _locator(self, code: TerraformCode) -> Locator:
        repository = Repository(code.folder)
        options = PatchOptions(code.state, code.var_files)
        folder = read_folder(repository, Known(), options, self.progress)
        if not folder.blocks:
            raise InputError(
                f"{code.folder}: no Terraform code in its commit; give the folder of a root module"
            )
        account = self.where.account or (code.accounts[0] if len(code.accounts) == 1 else "")
        return locator(Names(folder, repository), account, self.where.region)


def folders_of(where: Where, configured: Sequence[TerraformCode]) -> Sequence[TerraformCode]:
    """The folders to look in: the one that is named, with what config.toml says of it, else config.toml's.

    InputError where there is none.
    """
    if where.repo is None:
        if not configured:
            raise InputError(
                "the report is about Terraform code: give its folder with --repo DIR, or as [[terraform]] in config.toml"
            )
        return configured
    wanted = where.repo.expanduser().resolve()
    if not wanted.is_dir():
        raise InputError(f"{where.repo}: no such folder; give a folder of a git repository with --repo")
    known = next((one for one in configured if one.folder.resolve() == wanted), TerraformCode(where.repo))
    return [
        TerraformCode(
            where.repo,
            where.state or known.state,
            tuple(where.var_files) or known.var_files,
            known.accounts,
        )
    ]


def _nearest(problems: Sequence[Unlocated]) -> Unlocated:
    """Of several folders' reasons the one of the folder that has the file."""
    return max(problems, key=lambda one: (bool(one.candidates), "repository" not in one.reason))
