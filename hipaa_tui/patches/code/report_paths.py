"""Maps a file path in a scanner report (scan root or build machine path) to a file of the commit.

The paths are untrusted: they are compared with those of the commit, and never opened.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Final

from hipaa_tui.patches.code.folder import Folder
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.support.sanitize import plain

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
    _asked: dict[tuple[str, ...], Meant] = field(default_factory=dict)

    def of(self, spelled: Sequence[str]) -> Meant:
        """What file is meant that a report spells so, the surest name first: the one that the names agree on."""
        key = tuple(spelled)
        if key not in self._asked:
            self._asked[key] = self._of(key)
        return self._asked[key]

    def _of(self, spelled: Sequence[str]) -> Meant:
        names = [one.replace("\\", "/") for one in spelled]
        paths: list[str] = []
        sure = False
        for name in names:
            exact = self._exact(name)
            found = exact or self._by_tail(name)
            agreed = [one for one in found if one in paths] if paths else found
            if agreed:
                sure = sure or bool(exact)
                paths = agreed
        if not paths:
            return Meant(problem=self._why_not(names))
        found_in = self._among(paths)
        if sure or not found_in.files:
            return found_in
        may = " or ".join(plain(one, 120) for one in paths[:4])
        why = f"{self._why_not(names)}, unless it is {may}"
        return Meant(found_in.files, unsure=True, problem=why)

    def path_of(self, file: str) -> str:
        """Where a file of the folder is: on this machine, though what counts is in the commit."""
        return posixpath.normpath((self.repository.folder / file).as_posix())

    def _exact(self, name: str) -> list[str]:
        """The files of the commit that are called so: from the folder or from the repository's top on, or as a whole."""
        return [
            one for one in self._spelled(name) if self.repository.kind_of(one) == "file" or one in self._known
        ]

    def _spelled(self, name: str) -> list[str]:
        """The paths in the repository that a name can stand for."""
        top = self.repository.top.as_posix()
        path = posixpath.normpath(name)
        if path.startswith(f"{top}/"):
            return [path.removeprefix(f"{top}/")]
        short = name.lstrip("/")
        from_folder = posixpath.normpath((self.repository.prefix / short).as_posix())
        both = dict.fromkeys((from_folder, posixpath.normpath(short)))
        return [one for one in both if not _leaves(one)]

    def _by_tail(self, name: str) -> list[str]:
        """Where a part of the repository was scanned, or a copy of it elsewhere: the files that end most alike."""
        # KICS's image names what is mounted at /path so: "../../path/main.tf".
        path = _UP.sub("", posixpath.normpath(name.lstrip("/")))
        if any(self.repository.kind_of(one) for one in self._spelled(name)):
            return []
        shared = {one: _shared(one, path) for one in {*self.repository.code(), *self._known}}
        most = max(shared.values(), default=0)
        return sorted(one for one, count in shared.items() if count == most) if most else []

    def _why_not(self, names: Sequence[str]) -> str:
        """Why none of the names is a file of the commit."""
        if not names:
            return "the report names no file"
        shown = plain(names[-1], 120)
        spelled = [one for name in names for one in self._spelled(name)]
        if any(self.repository.kind_of(one) == "link" for one in spelled):
            return f"{shown} is a symbolic link; only files of the commit are read"
        if not spelled:
            return f"{shown} is outside of the repository"
        return f"{shown} is not in the repository's commit; commit it, or scan the committed code"

    def _among(self, paths: Sequence[str]) -> Meant:
        """One file of the commit, or several of which only one can be meant."""
        strange = [one for one in paths if one not in self._known]
        if len(paths) == 1 and strange:
            return Meant(
                problem=f"{plain(paths[0], 120)} is neither in the folder {self.repository.folder.name} nor in a module "
                "that it calls; give its own folder with --repo"
            )
        several = (
            f"the name can mean {' or '.join(plain(one, 120) for one in paths[:4])}; run the tool at the "
        )
        problem = f"{several}repository's top" if len(paths) > 1 else ""
        # Copies of one environment for another have the same blocks at the same lines: nothing tells them apart.
        files = () if strange else tuple(self._known[one] for one in paths)
        return Meant(files, unsure=len(paths) > 1, problem=problem)

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


def _shared(one: str, other: str) -> int:
    """How many names the paths have in common at their ends."""
    pairs = zip(reversed(one.split("/")), reversed(other.split("/")), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
