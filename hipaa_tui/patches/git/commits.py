"""Creates the commit: its tree in a temporary index, the commit by `git commit-tree`, signed if git is configured so.

Work tree, index, HEAD, stash and refs do not change: no ref points to the commit yet.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hipaa_tui.patches.git.command import GitFailed
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.sanitize import plain

_AUTHOR: Final = re.compile(r"\s*(?P<name>[^<>]*[^<>\s])\s*<(?P<mail>[^<>\s]+@[^<>\s]+)>\s*")


def author_from(text: str) -> tuple[str, str]:
    """(name, email) from "Name <email>". InputError."""
    found = _AUTHOR.fullmatch(text)
    if found is None or plain(text, 300) != text:
        raise InputError(f'{plain(text, 100)!r} is not an author; write it as "Your Name <you@example.org>"')
    return found["name"], found["mail"]


def committer(repository: Repository) -> str:
    """git's user.name and user.email as "Name <email>"; "" if not set."""
    known = [
        repository.answer("-c", "user.useConfigOnly=true", "var", who)
        for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
    ]
    return plain(known[0].rpartition(">")[0] + ">", 300) if all(known) else ""


def identity(repository: Repository, author: str) -> dict[str, str]:
    """The environment variables that make git commit as the author. InputError if there is none."""
    if not author:
        if not committer(repository):
            raise InputError(
                'git has no user.name and user.email; use --author "Your Name <you@example.org>", or set them: '
                '`git config --global user.name "Your Name"` and `git config --global user.email you@example.org`'
            )
        return {}
    name, mail = author_from(author)
    found = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail}
    if not repository.answer("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"):
        found |= {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail}
    return found


def write_tree(repository: Repository, files: Mapping[str, str]) -> str:
    """Write the base's tree with `files` (path in the repository → text). Returns its hash. InputError."""
    with tempfile.TemporaryDirectory(prefix="hipaa-tui-") as scratch:
        private = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        try:
            repository.run("read-tree", repository.base or "--empty", env=private)
            paths = sorted(files)
            sources = [Path(scratch) / f"blob{number}" for number, _ in enumerate(paths)]
            for source, path in zip(sources, paths, strict=True):
                source.write_bytes(files[path].encode("utf-8"))
            listed = "".join(f"{source}\n" for source in sources)
            blobs = repository.feed(listed, "hash-object", "-w", "--no-filters", "--stdin-paths").split()
            rows = (f"100644 {blob}\t{path}\0" for blob, path in zip(blobs, paths, strict=True))
            repository.feed("".join(rows), "update-index", "-z", "--index-info", env=private)
            return repository.run("write-tree", env=private)
        except GitFailed as error:
            raise InputError(f"git cannot write the commit: {error}") from None


def commit_tree(repository: Repository, tree: str, message: str, *, author: str = "") -> str:
    """A commit of the tree on top of the base.

    InputError if git fails, also at signing (commit.gpgsign).
    """
    env = identity(repository, author)
    signed = repository.answer("config", "--type=bool", "--get", "commit.gpgsign") == "true"
    with tempfile.TemporaryDirectory(prefix="hipaa-tui-") as scratch:
        text = Path(scratch) / "message"
        text.write_bytes(message.encode("utf-8"))
        command = ["commit-tree", tree, "-F", str(text)]
        command += ["-p", repository.base] if repository.base else []
        command += ["-S"] if signed else []
        try:
            return repository.run("-c", "i18n.commitEncoding=UTF-8", *command, env=env)
        except GitFailed as error:
            why = "cannot sign the commit (commit.gpgsign is set)" if signed else "cannot write the commit"
            raise InputError(f"git {why}, so no branch was created: {error}") from None
