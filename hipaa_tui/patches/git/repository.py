"""Reads the user's repository at one commit, ignoring work tree and index.

Writing is done by `commits` (objects without a ref) and `branches` (the ref, last). No hooks, unless requested, and no
filters: what is committed is what was checked.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from hipaa_tui.patches.git.command import Client, GitFailed
from hipaa_tui.support.errors import InputError

_LARGEST: Final = 4 * 1024 * 1024
LARGEST_COPY: Final = 64 * 1024 * 1024
"""How many bytes of a repository are written to a folder for Terraform to look at."""
"""Bytes of one .tf file that is still read."""


_READ_BY_TERRAFORM: Final = (
    *(".tf", ".tfvars", ".tf.json", ".tfvars.json"),
    *(".json", ".yaml", ".yml", ".tpl", ".tftpl", ".csv", ".txt"),
)
"""What files and functions of Terraform are made of (file(), templatefile(), yamldecode(file()))."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file, folder, link or submodule of the commit; `size` in bytes."""

    path: str
    mode: str
    kind: str
    blob: str
    size: int


def _plain_file(path: str, mode: str, kind: str) -> bool:
    pure = PurePosixPath(path)
    return kind == "blob" and mode != "120000" and not pure.is_absolute() and ".." not in pure.parts


class Repository:
    """A folder of a git repository at one commit. InputError if it is not in a repository."""

    def __init__(self, folder: Path, base: str = "HEAD") -> None:
        self.folder = folder.expanduser().resolve()
        if not self.folder.is_dir():
            raise InputError(f"{folder}: no such folder; give a folder of a git repository")
        self._git = Client(self.folder)
        try:
            answers = self.run("rev-parse", "--is-bare-repository", "--is-inside-git-dir", "--show-prefix")
            bare, inside, *rest = answers.split("\n")
            prefix = "" if bare == "true" else "\n".join(rest)
        except GitFailed as error:
            if "not a git repository" in str(error):
                raise InputError(f"{folder}: not in a git repository; give a folder of one") from None
            if "dubious ownership" in str(error):
                raise InputError(
                    f"{folder}: belongs to another user, so git does not trust it; if you do, run "
                    f"`git config --global --add safe.directory {self.folder}`"
                ) from None
            raise InputError(f"{folder}: git cannot open it: {error}") from None
        if inside == "true" and bare != "true":
            raise InputError(f"{folder}: is inside of the repository's .git; give a folder of the work tree")
        self.prefix = PurePosixPath(prefix)
        self.base = self._resolve(base)
        self._refuse_odd_prefix()

    def _resolve(self, base: str) -> str:
        """The commit's hash, or "" for HEAD of a repository without a commit."""
        try:
            return self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
        except GitFailed:
            if base != "HEAD":
                raise InputError(f"{base!r} is not a commit of the repository") from None
        try:
            self.run("symbolic-ref", "--quiet", "HEAD")
        except GitFailed:
            raise InputError("the repository's HEAD points to no commit; check out one first") from None
        return ""

    def _refuse_odd_prefix(self) -> None:
        """A committed link or submodule in the way would put our file somewhere else."""
        for parent in [*reversed(self.prefix.parents), self.prefix]:
            path = parent.as_posix()
            if path != "." and self.base and self._mode(path) not in {"", "040000"}:
                raise InputError(
                    f"{path}: not a folder in the commit but a link, a file or a submodule; give another folder"
                )

    def _mode(self, path: str) -> str:
        shown = self.run("ls-tree", "--full-tree", self.base, "--", path)
        return shown.split(" ", 1)[0] if shown else ""

    def path_of(self, name: str) -> str:
        """The path in the repository of a file in the folder. InputError where it would leave the folder."""
        if (
            not name
            or PurePosixPath(name).name != name
            or name in {".", ".."}
            or "\\" in name
            or "\0" in name
        ):
            raise InputError(f"{name!r} is not a valid file name in the folder")
        return (self.prefix / name).as_posix()

    def path_below(self, name: str) -> str:
        """The path in the repository of a file that is named from the folder on, "../" allowed.

        InputError where it leaves the repository, or a link or a submodule stands in the way.
        """
        path = posixpath.normpath((self.prefix / name).as_posix())
        if path.startswith(("/", "../")) or path in {"", ".", ".."} or "\\" in path or "\0" in path:
            raise InputError(f"{name!r} is outside of the repository; nothing is written there")
        for parent in PurePosixPath(path).parents:
            entry = self._entries.get(parent.as_posix())
            if entry is not None and entry.mode != "040000":
                raise InputError(f"{parent}: not a folder in the commit but a link, a file or a submodule")
        return path

    def terraform_files(self, folder: str = "") -> dict[str, str]:
        """The *.tf, *.tf.json and *.tfvars files of a folder at the commit, by their name from the root folder on.

        `folder` is named from the repository's own folder on ("../modules/bucket"). InputError for an unreadable one.
        """
        wanted: dict[str, _Entry] = {}
        for name, entry in self._inside(folder):
            if not name.endswith((".tf", ".tf.json", ".tfvars")) or entry.kind != "blob":
                continue
            shown = posixpath.join(folder, name)
            if entry.mode == "120000":
                raise InputError(f"{shown}: a symbolic link; hipaa-tui reads only files of the commit")
            if entry.size > _LARGEST:
                raise InputError(
                    f"{shown}: larger than {_LARGEST // 2**20} MB, the maximum for a Terraform file"
                )
            wanted[shown] = entry
        found: dict[str, str] = {}
        for (name, _), content in zip(wanted.items(), self._blobs(wanted.values()), strict=True):
            try:
                found[name] = content.decode("utf-8")
            except UnicodeDecodeError:
                raise InputError(f"{name}: not UTF-8, which Terraform requires") from None
        return found

    @property
    def top(self) -> Path:
        """The folder of the whole repository."""
        return self.folder.parents[len(self.prefix.parts) - 1] if self.prefix.parts else self.folder

    def kind_of(self, path: str) -> str:
        """ "file", "link" or "" of a path from the repository's top on; everything else is ""."""
        entry = self._entries.get(path)
        if entry is None or entry.kind != "blob":
            return ""
        return "link" if entry.mode == "120000" else "file"

    def code(self) -> list[str]:
        """Every Terraform file of the commit, by its path from the repository's top on."""
        return [
            one.path
            for one in self._entries.values()
            if one.path.endswith((".tf", ".tf.json")) and _plain_file(one.path, one.mode, one.kind)
        ]

    def text_of(self, name: str) -> str | None:
        """A file of the commit, named from the root folder on; None where there is no such file that can be read."""
        path = posixpath.normpath((self.prefix / name).as_posix())
        entry = self._entries.get(path)
        if path.startswith("../") or entry is None or not _plain_file(entry.path, entry.mode, entry.kind):
            return None
        if entry.size > _LARGEST:
            raise InputError(f"{name}: larger than {_LARGEST // 2**20} MB, the maximum for a policy")
        (content,) = self._blobs([entry])
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def callers_of(self, folder: str, but: Iterable[str]) -> list[str]:
        """The folders of the repository that call the module in `folder`, as paths; not those named in `but`.

        `folder` and `but` are named from the repository's own folder on.
        """
        wanted, *known = (posixpath.normpath((self.prefix / name).as_posix()) for name in (folder, *but))
        try:
            rows = self.run(
                *(
                    "grep",
                    "--full-name",
                    "-z",
                    "-I",
                    "-E",
                    r'source"?[[:space:]]*[=:][[:space:]]*"\.\.?/',
                    self.base,
                ),
                *("--", ":(top,glob)**/*.tf", ":(top,glob)**/*.tf.json"),
                strip=False,
            )
        except GitFailed:
            return []  # git grep fails where nothing is found
        found: dict[str, None] = {}
        for row in rows.splitlines():
            where, _, text = row.partition("\0")
            caller = posixpath.dirname(where.removeprefix(f"{self.base}:")) or "."
            source = re.split(r'source"?\s*[=:]\s*"', text, maxsplit=1)[-1].partition('"')[0]
            if posixpath.normpath(posixpath.join(caller, source)) == wanted and caller not in known:
                found[caller] = None
        return list(found)

    def _inside(self, folder: str) -> Iterator[tuple[str, _Entry]]:
        path = posixpath.normpath((self.prefix / folder).as_posix())
        if path.startswith(("/", "../")) or path == "..":
            return
        for entry in self._children.get("" if path == "." else path, ()):
            yield entry.path.rpartition("/")[2], entry

    @cached_property
    def _entries(self) -> dict[str, _Entry]:
        """Everything in the commit, folders included, by path."""
        if not self.base:
            return {}
        rows = self.run("ls-tree", "-r", "-t", "-z", "-l", "--full-tree", self.base, strip=False)
        found: dict[str, _Entry] = {}
        for row in filter(None, rows.split("\0")):
            about, _, path = row.partition("\t")
            mode, kind, blob, size = about.split()
            found[path] = _Entry(path, mode, kind, blob, int(size) if size.isdigit() else 0)
        return found

    @cached_property
    def _children(self) -> dict[str, list[_Entry]]:
        found: dict[str, list[_Entry]] = {}
        for entry in self._entries.values():
            found.setdefault(entry.path.rpartition("/")[0], []).append(entry)
        return found

    def _blobs(self, entries: Iterable[_Entry]) -> Iterator[bytes]:
        """Their contents, by one process of git for all."""
        wanted = list(entries)
        if not wanted:
            return
        with tempfile.TemporaryFile("w+b") as ids:
            ids.write("".join(f"{one.blob}\n" for one in wanted).encode())
            ids.seek(0)
            content = self.bytes_of("cat-file", "--batch", istream=ids)
        at = 0
        for one in wanted:
            end = content.index(b"\n", at)
            size = int(content[at:end].rpartition(b" ")[2])
            if not content[at:end].startswith(one.blob.encode()):
                raise InputError(f"{one.path}: git cannot read it")
            yield content[end + 1 : end + 1 + size]
            at = end + 1 + size + 1

    def diff(self, commit: str) -> str:
        """The commit's unified diff, without colour, drivers of the user's, or the commit's message."""
        return self.run(
            "diff-tree",
            "-p",
            "--root",
            "--no-commit-id",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            commit,
            strip=False,
        )

    def export(self, commit: str, folder: Path, largest: int) -> bool:
        """Write the commit's files below `folder`, without links and filters; False where they exceed `largest` bytes."""
        rows = self.run("ls-tree", "-r", "-z", "-l", "--full-tree", commit, strip=False).split("\0")
        entries = []
        for row in filter(None, rows):
            about, _, path = row.partition("\t")
            mode, kind, blob, size = about.split()
            if _plain_file(path, mode, kind):
                entries.append(_Entry(path, mode, kind, blob, int(size)))
        return self._write(entries, folder, largest)

    def export_folders(self, names: Iterable[str], folder: Path, largest: int) -> Path:
        """Write what Terraform reads in these folders, and below them, under `folder`; where the root folder is then.

        Of files of more than `largest` bytes together only Terraform's own.
        """
        tops = [posixpath.normpath((self.prefix / name).as_posix()) for name in names]
        inside = [
            entry
            for entry in self._entries.values()
            if _plain_file(entry.path, entry.mode, entry.kind)
            and entry.path.endswith(_READ_BY_TERRAFORM)
            and any(top == "." or entry.path.startswith(f"{top}/") for top in tops)
        ]
        if not self._write(inside, folder, largest):
            self._write([one for one in inside if one.path.endswith((".tf", ".tfvars"))], folder, largest)
        root = folder.joinpath(*self.prefix.parts)
        root.mkdir(parents=True, exist_ok=True)
        return root

    def _write(self, entries: Sequence[_Entry], folder: Path, largest: int) -> bool:
        if sum(entry.size for entry in entries) > largest:
            return False
        for entry, content in zip(entries, self._blobs(entries), strict=True):
            target = folder.joinpath(*PurePosixPath(entry.path).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return True

    def answer(self, *arguments: str) -> str:
        """git's answer; "" where it has none."""
        try:
            return self.run(*arguments)
        except GitFailed:
            return ""

    def feed(self, text: str, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Have git read `text`, and give its answer. GitFailed with what it said."""
        with tempfile.TemporaryFile("w+b") as source:
            source.write(text.encode())
            source.seek(0)
            return self.bytes_of(*arguments, env=env, istream=source).decode("utf-8", "replace")

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, strip: bool = True) -> str:
        text = self.bytes_of(*arguments, env=env).decode("utf-8", "replace")
        return text.rstrip("\r\n") if strip else text

    def bytes_of(
        self, *arguments: str, env: Mapping[str, str] | None = None, istream: BinaryIO | None = None
    ) -> bytes:
        """git's standard output. GitFailed with what it said."""
        return self._git.output(*arguments, env=env, istream=istream)
