"""Runs git, always with the same options, environment, time limit and errors.

Short local commands go through GitPython (`Client.output`). What may wait for a network, or needs an environment of its
own, can be cancelled (`run`). Neither prompts in a terminal or a window, and neither runs the repository's hooks unless
requested.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

from hipaa_tui.patches.git import programs
from hipaa_tui.providers.model import Progress, Silent
from hipaa_tui.support.errors import InputError

MISSING: Final = "git is not on PATH; install it, for patches are made with it"
SECONDS: Final = 600.0
"""Time limit of a local command in seconds; a signed commit waits for the user's passphrase."""
# With one of these set, git works on another repository than the one that was named.
_ELSEWHERE: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")
_NO_QUESTIONS: Final = {"GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never", "LC_ALL": "C"}
_QUIET: Final = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_NO_HOOKS: Final = ("-c", f"core.hooksPath={os.devnull}")


class GitFailed(Exception):
    """git failed; the message is its error output on one line."""


class Client:
    """git in one folder, by GitPython. InputError if git is missing or the environment selects another repository."""

    def __init__(self, folder: Path) -> None:
        try:
            import git
        except ImportError:
            raise InputError(MISSING) from None
        for name in _ELSEWHERE:
            if name in os.environ:
                raise InputError(f"{name} is set, so git would not use {folder}; unset it")
        self._git = git.Git(str(folder))
        self._failure = git.GitCommandError
        # GitPython has no time limit on Windows.
        self._seconds = SECONDS if os.name == "posix" else None

    def output(
        self, *arguments: str, env: Mapping[str, str] | None = None, istream: BinaryIO | None = None
    ) -> bytes:
        """git's standard output. GitFailed with what it said."""
        try:
            found = self._git.execute(
                _command(arguments),
                env=_NO_QUESTIONS | dict(env or {}),
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                istream=istream,
                kill_after_timeout=self._seconds,
            )
        except self._failure as error:
            said = str(error.stderr).replace("stderr:", "").strip().strip("'\n ")
            raise GitFailed(" ".join(said.split())[:300]) from None
        if not isinstance(found, bytes):
            raise TypeError("git returned text instead of bytes")
        return found


def run(
    folder: Path,
    *arguments: str,
    hooks: bool = False,
    seconds: float = SECONDS,
    progress: Progress | None = None,
    env: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """(exit code, the end of its output). `env` is the whole environment (default: this process's).

    InputError if git cannot be run or takes longer than `seconds`; Cancelled by `progress`.
    """
    return programs.run(
        _command(arguments, hooks=hooks),
        folder,
        progress or Silent(),
        f"git {arguments[0]}",
        seconds=seconds,
        env={**(os.environ if env is None else env), **_NO_QUESTIONS},
    )


def _command(arguments: tuple[str, ...], *, hooks: bool = False) -> list[str]:
    return ["git", *_QUIET, *(() if hooks else _NO_HOOKS), *arguments]
