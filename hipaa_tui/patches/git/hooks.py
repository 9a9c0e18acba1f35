"""Runs the repository's pre-commit and commit-msg hooks on the patch, in a temporary repository.

The hooks see what they see at a commit: a work tree with the patched files, an index with them, HEAD on the branch. The
temporary repository shares only the user's objects, so whatever a hook stages, stashes or commits stays there. Hooks
are the user's own programs, and run only on request (--hooks).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hipaa_tui.patches.git import programs
from hipaa_tui.patches.git.command import GitFailed
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.providers.model import Progress
from hipaa_tui.support.errors import InputError, RefusedError
from hipaa_tui.support.redaction import redact_text
from hipaa_tui.support.sanitize import plain

SECONDS: Final = 600.0
"""How long one hook may take."""
_LONGEST_MESSAGE: Final = 1024 * 1024


def run_hooks(
    repository: Repository,
    tree: str,
    message: str,
    *,
    branch: str,
    env: Mapping[str, str],
    progress: Progress,
    seconds: float = SECONDS,
) -> tuple[str, tuple[str, ...]]:
    """(the message as the hooks leave it, the names of those that ran). RefusedError says what a hook said.

    `env` says who commits. InputError where their repository cannot be made; Cancelled.
    """
    with tempfile.TemporaryDirectory(prefix="hipaa-tui-", ignore_cleanup_errors=True) as scratch:
        try:
            room = _Room(repository, Path(scratch) / "repo", tree, branch)
        except GitFailed as error:
            raise InputError(f"git cannot create the work tree for the hooks: {error}") from None
        ran = []
        own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        own |= {
            **env,
            "GIT_EDITOR": ":",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_INDEX_FILE": str(room.git / "index"),
        }
        text = room.git / "COMMIT_EDITMSG"
        text.write_bytes(message.encode())
        for name, arguments in (("pre-commit", ()), ("commit-msg", (".git/COMMIT_EDITMSG",))):
            hook = room.hook(name)
            if hook is None:
                continue
            code, said = programs.run(
                [str(hook), *arguments], room.folder, progress, f"the {name} hook", seconds=seconds, env=own
            )
            if code != 0:
                raise RefusedError(
                    f"the repository's {name} hook rejected the patch (exit code {code}), so no branch was created: {_gist(said)}"
                )
            if room.tree() != tree:
                raise RefusedError(
                    f"the repository's {name} hook changed files of the commit ({', '.join(room.changed(tree))}), so no "
                    "branch was created: what is committed must be what was checked"
                )
            ran.append(name)
        return _read(text), tuple(ran)


class _Room:
    """The hooks' repository."""

    def __init__(self, repository: Repository, folder: Path, tree: str, branch: str) -> None:
        self.folder, self.git = folder, folder / ".git"
        self._repository = repository
        common = Path(repository.run("rev-parse", "--path-format=absolute", "--git-common-dir"))
        if "\n" in str(common):
            raise InputError("the repository's path contains a line break; hooks cannot be run there")
        self._hooks = self._hooks_folder(common)
        kind = repository.run("rev-parse", "--show-object-format")
        repository.run("init", "-q", "--template=", f"--object-format={kind}", str(folder))
        info = self.git / "objects" / "info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "alternates").write_text(f"{common / 'objects'}\n", encoding="utf-8")
        if (common / "shallow").is_file():
            shutil.copyfile(common / "shallow", self.git / "shallow")
        for name in ("user.name", "user.email"):
            value = repository.answer("config", "--get", name)
            if value:
                self._run("config", name, value)
        self._run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        if repository.base:
            self._run("update-ref", f"refs/heads/{branch}", repository.base)
        self._run("read-tree", tree)
        self._run("checkout-index", "-a", "-f", "-u", env={"GIT_LFS_SKIP_SMUDGE": "1"})

    def _hooks_folder(self, common: Path) -> list[Path]:
        """Where hooks are looked for, in this order."""
        # The last value is ours: every other call of git runs without hooks.
        *_, named = [
            "",
            *self._repository.answer("config", "--type=path", "--get-all", "core.hooksPath").splitlines(),
        ][:-1]
        if not named:
            return [common / "hooks"]
        top = self._repository.answer("rev-parse", "--show-toplevel")
        return [self.folder / named, *([Path(top) / named] if top else [])]

    def hook(self, name: str) -> Path | None:
        for folder in self._hooks:
            if os.access(folder / name, os.X_OK) and (folder / name).is_file():
                return folder / name
        return None

    def tree(self) -> str:
        try:
            return self._run("write-tree")
        except GitFailed:
            return ""

    def changed(self, tree: str) -> list[str]:
        try:
            names = self._run("diff-index", "--cached", "--name-only", tree).splitlines()
        except GitFailed:
            names = []
        return [plain(name, 100) for name in names[:5]] or ["its index"]

    def _run(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        where = (f"--git-dir={self.git}", f"--work-tree={self.folder}")
        return self._repository.run("-C", str(self.folder), *where, *arguments, env=env)


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except (OSError, ValueError):
        raise RefusedError("the commit-msg hook left an unreadable message; no branch was created") from None
    if not text.strip() or len(data) > _LONGEST_MESSAGE:
        raise RefusedError("the commit-msg hook left an empty or too large message; no branch was created")
    return text


def _gist(said: str) -> str:
    lines = [line for line in (plain(one, 300).strip() for one in said.splitlines()) if line]
    return redact_text(plain(" | ".join(lines[-12:]), 900)) or "no error message"
