"""Which file of the repository a report means by a name that it was written with elsewhere.

Reports name files from the folder on that was scanned, or by their whole path on the machine that scanned. The names
are a stranger's: they are compared with the paths of the commit, and nothing is opened by them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from hipaa_tui.patches.code.folder import Folder
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.text import plain

_ENDINGS: Final = (".tf", ".tf.json")
_UP: Final = re.compile(r"^(?:\.\./)+")


@dataclass(frozen=True, slots=True)
class Meant:
    """The folder's files that a name can mean; where it is `unsure`, the block has to confirm it.

    `problem` says why there is none, or would be none without the block, in half a sentence.
    """

    files: tuple[str, ...] = ()
    unsure: bool = False
    problem: str = ""


@dataclass
class Names:
    """Of one folder at its commit. Files are named from the folder on, as the folder names them."""

    folder: Folder
    repository: Repository

    def of(self, spelled: Sequence[str]) -> Meant:
        """What a file is meant that a report spells so, the surest name first."""
        found = Meant(problem="the report names no file")
        for one in spelled:
            name = one.replace("\\", "/")
            inside = self._below_top(name)
            found = self._exact([inside]) if inside else self._relative(name)
            if found.files:
                return found
        return found

    def _below_top(self, name: str) -> str:
        """The path in the repository of a whole path of this machine; "" for every other name."""
        top = self.repository.top.as_posix()
        path = posixpath.normpath(name)
        return path.removeprefix(f"{top}/") if path.startswith(f"{top}/") else ""

    def _relative(self, name: str) -> Meant:
        short = name.lstrip("/")
        from_folder = posixpath.normpath((self.repository.prefix / short).as_posix())
        paths = list(dict.fromkeys((from_folder, posixpath.normpath(short))))
        inside = [one for one in paths if not _leaves(one)]
        if not inside:
            # KICS's image names what is mounted at /path so: "../../path/main.tf".
            outside = f"{plain(name, 120)} lies outside of the repository"
            return replace(self._by_tail(_UP.sub("", posixpath.normpath(short))), problem=outside)
        found = self._exact(inside)
        return found if found.files or not self._missing(inside) else self._by_tail(inside[-1])

    def _missing(self, paths: Iterable[str]) -> bool:
        return not any(self.repository.kind_of(one) or one in self._known for one in paths)

    def _exact(self, paths: Sequence[str]) -> Meant:
        """By paths in the repository."""
        there = [one for one in paths if self.repository.kind_of(one) == "file" or one in self._known]
        known = tuple(self._known[one] for one in there if one in self._known)
        if known:
            return Meant(known, unsure=len(there) > 1)
        shown = plain(paths[0], 120)
        if there:
            return Meant(
                problem=f"{plain(there[0], 120)} is neither of the folder {self.repository.folder.name} nor of a module "
                "that it calls; name its own folder with --repo"
            )
        if any(self.repository.kind_of(one) == "link" for one in paths):
            return Meant(problem=f"{shown} is a link; only files of the commit are read")
        return Meant(
            problem=f"{shown} is not in the repository at its commit; commit it, or run the tool on what is committed"
        )

    def _by_tail(self, path: str) -> Meant:
        """Where a part of the repository was scanned, or a copy of it elsewhere."""
        found = [
            name
            for known, name in self._known.items()
            if known.endswith(f"/{path}") or path.endswith((f"/{known}", f"/{name}"))
        ]
        return Meant(tuple(found), unsure=True) if found else self._exact([path])

    @cached_property
    def _known(self) -> Mapping[str, str]:
        """Path in the repository → the folder's name for the file."""
        return dict(self._paths())

    def _paths(self) -> Iterator[tuple[str, str]]:
        for name in self.folder.files:
            path = posixpath.normpath((self.repository.prefix / name).as_posix())
            if name.endswith(_ENDINGS) and not _leaves(path):
                yield path, name


def _leaves(path: str) -> bool:
    return (
        path.startswith(("/", "../"))
        or path in {"", ".", ".."}
        or "\0" in path
        or ".git" in PurePosixPath(path).parts
    )
