"""Reads a folder of Terraform code at its commit, with the modules that it calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hipaa_tui.patches.code.folder import Folder
from hipaa_tui.patches.code.installed import FOLDER as INSTALLED
from hipaa_tui.patches.code.installed import Installed
from hipaa_tui.patches.code.instances import Evaluation, Known, read_state
from hipaa_tui.patches.code.scopes import auto_loaded
from hipaa_tui.patches.git.repository import LARGEST_COPY, Repository
from hipaa_tui.patches.model import PatchOptions
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.sanitize import plain


def read_folder(
    repository: Repository,
    known: Known,
    options: PatchOptions,
    progress: Callable[[], None] = lambda: None,
) -> Folder:
    """The folder; nothing is evaluated before something hangs on it.

    InputError where a file is no HCL, a link or unreadable, or the options name what is not there.
    """
    existing = repository.terraform_files()
    _refuse_missing(options.var_files, existing)
    installed = Installed(repository.folder)

    def read(name: str) -> Mapping[str, str]:
        return installed.files(name) if name.startswith(INSTALLED) else repository.terraform_files(name)

    folder = Folder(
        existing,
        read,
        tuple(options.var_files),
        installed.folders,
        state=read_state(options.state) if options.state else (),
    )
    if folder.broken:
        syntax = "JSON" if ".json:" in folder.broken[0] else "HCL"
        raise InputError(
            f"{folder.broken[0]}: not {syntax} in the commit, so what it manages is unknown; fix it first"
        )
    own = [name for name in folder.scopes.by_folder if not name.startswith(INSTALLED)]

    def export(path: Path) -> Path:
        root = repository.export_folders(own, path, LARGEST_COPY)
        installed.copy_to(root)
        return root

    automatic = auto_loaded([name for name in existing if "/" not in name])
    folder.evaluation = Evaluation(export, (*automatic, *options.var_files), known, progress=progress)
    return folder


def _refuse_missing(names: Sequence[str], existing: Mapping[str, str]) -> None:
    for name in names:
        if name not in existing or not name.endswith(".tfvars"):
            raise InputError(
                f"--var-file {plain(name, 80)}: no such .tfvars file in the folder at that commit"
            )
