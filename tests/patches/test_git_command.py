"""git is run in one place: without questions and hooks, under a time limit, and a failure is a sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hipaa_tui
from hipaa_tui.patches.git import command
from hipaa_tui.support.errors import InputError

PACKAGE = Path(hipaa_tui.__file__).parent


@pytest.fixture
def repository(tmp_path):
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "repo")], check=True)
    return tmp_path / "repo"


@pytest.fixture
def slow_git(tmp_path, monkeypatch):
    """A git that never ends comes first on PATH."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "git"
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")


def test_no_other_module_runs_git():
    callers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r'\[\s*"git"|^\s*(import git$|from git import)|git\.(Git|Repo)\(', path.read_text("utf-8"), re.M)
    }  # fmt: skip
    assert callers == {"patches/git/command.py"}


def test_it_asks_nothing_and_runs_no_hook_unless_told_to(repository):
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\necho "prompt=$GIT_TERMINAL_PROMPT $GCM_INTERACTIVE"\nexit 3\n')
    hook.chmod(0o755)
    who = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    commit = (*who, "commit", "--quiet", "--allow-empty", "--message=x")
    code, said = command.run(repository, *commit, hooks=True)
    assert (code != 0, "prompt=0 never" in said) == (True, True)
    assert command.run(repository, *commit) == (0, "")
    assert command.Client(repository).output("log", "--format=%s") == b"x\n"


def test_what_git_says_is_one_line(repository):
    with pytest.raises(command.GitFailed, match=r"^fatal: [^\n]+$"):
        command.Client(repository).output("rev-parse", "--verify", "nothing")
    code, said = command.run(repository, "rev-parse", "--verify", "nothing")
    assert code != 0
    assert said.startswith("fatal:")


def test_a_git_that_hangs_is_ended(repository, slow_git, monkeypatch):
    with pytest.raises(InputError, match=r"git fetch took longer than 0 s and was stopped"):
        command.run(repository, "fetch", seconds=0.3)
    monkeypatch.setattr(command, "SECONDS", 0.5)
    with pytest.raises(command.GitFailed, match=r"did not complete in 0\.5 secs"):
        command.Client(repository).output("status")


def test_an_environment_that_names_another_repository_is_refused(repository, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(repository / "elsewhere"))
    with pytest.raises(InputError, match="GIT_DIR is set, so git would not use"):
        command.Client(repository)
