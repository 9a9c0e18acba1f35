"""The modules that `terraform init` has installed in the user's work tree.

They are read to know what a call manages, and never edited: the next `terraform init` would discard that.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

FOLDER: Final = ".terraform/modules"
_LARGEST: Final = 4 * 1024 * 1024
_MOST_FILES: Final = 5_000
_READ: Final = (".tf", ".tf.json")


@dataclass
class Installed:
    """Below the root module's folder in the work tree; nothing where `terraform init` never ran there."""

    root: Path

    @cached_property
    def folders(self) -> dict[str, str]:
        """Module path ("vpc.subnets") → its folder, from the root module's on; only of what was fetched."""
        try:
            listed = json.loads((self.root / FOLDER / "modules.json").read_text("utf-8"))
            rows = listed["Modules"]
            found = {str(row["Key"]): str(row["Dir"]).replace("\\", "/") for row in rows}
        except (OSError, ValueError, TypeError, KeyError):
            return {}
        return {key: folder for key, folder in found.items() if key and folder.startswith(f"{FOLDER}/")}

    def files(self, folder: str) -> dict[str, str]:
        """The Terraform files of such a folder, by their names from the root module's folder on."""
        found = {}
        for path in self._inside(folder, deep=False):
            if path.name.endswith(_READ):
                found[f"{folder}/{path.name}"] = path.read_text("utf-8", "replace")
        return found

    def copy_to(self, root: Path) -> None:
        """Put them below another folder, for an evaluation."""
        if not self.folders:
            return
        target = root / FOLDER
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.root / FOLDER / "modules.json", target / "modules.json")
        for path in self._inside(FOLDER, deep=True)[:_MOST_FILES]:
            if path.name.endswith(_READ):
                copied = target / path.relative_to(self.root / FOLDER)
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copied)

    def _inside(self, folder: str, *, deep: bool) -> list[Path]:
        """The plain files in a folder; links lead to places that are nobody's module."""
        if ".." in PurePosixPath(folder).parts:
            return []
        top = self.root / folder
        try:
            if not top.resolve().is_relative_to((self.root / FOLDER).resolve()):
                return []
            paths = sorted(top.rglob("*") if deep else top.iterdir())
            return [
                one
                for one in paths
                if one.is_file() and not one.is_symlink() and one.stat().st_size <= _LARGEST
            ]
        except OSError:
            return []
