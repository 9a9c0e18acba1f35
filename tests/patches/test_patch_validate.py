"""What Terraform says is told, and whatever it does, the patch is made."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from hipaa_tui.patches.checks.terraform_validate import terraform_verdict
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.providers.model import Cancelled, Silent
from tests.patches.patch_clouds import commit

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in whose steps are `fmt.sh`, `init.sh` and `validate.sh` beside it; missing ones succeed."""
    program = tmp_path / "terraform"
    program.write_text(f'#!/bin/sh\nstep="{tmp_path}/$1.sh"\n[ ! -e "$step" ] || . "$step"\n')
    program.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name, *_: str(program) if name == "terraform" else None)
    return tmp_path


def verdict(repo: Path, seconds: float = 20, progress: object = None) -> tuple[bool, str]:
    head = commit(repo, main_tf="# x\n", envs__main_tf="# y\n")
    return terraform_verdict(
        Repository(repo / "envs"), head, ("envs/main.tf",), progress or Silent(), seconds
    )  # type: ignore[arg-type]


def test_it_works_on_a_copy_of_the_commit(repo: Path, terraform: Path) -> None:
    (terraform / "validate.sh").write_text(
        f"cp main.tf {terraform}/seen; ls .. > {terraform}/above; pwd > {terraform}/where\n"
    )
    assert verdict(repo) == (True, "valid")
    assert (terraform / "seen").read_text() == "# y\n"
    assert (terraform / "above").read_text().split() == ["envs", "main.tf"]
    assert not (terraform / "where").read_text().startswith(str(repo))
    assert not Path((terraform / "where").read_text().strip()).exists()


def test_an_init_that_fails_is_a_reason_and_no_error(repo: Path, terraform: Path) -> None:
    (terraform / "init.sh").write_text(
        'printf "Initializing\\n\\n│ Error: no provider\\n│ \\033[31mNone found.\\n"; exit 1\n'
    )
    assert verdict(repo) == (True, "not validated: init failed: Error: no provider None found.")


def test_what_validate_finds_is_told(repo: Path, terraform: Path) -> None:
    (terraform / "fmt.sh").write_text("exit 3\n")
    (terraform / "validate.sh").write_text('echo "Error: Unsupported argument"; exit 1\n')
    assert verdict(repo) == (False, "Error: Unsupported argument")


def test_it_is_not_waited_for_longer_than_it_is_worth(repo: Path, terraform: Path) -> None:
    (terraform / "init.sh").write_text(f"sleep 60 & echo $! > {terraform}/child; wait\n")
    start = time.monotonic()
    assert verdict(repo, seconds=0.5) == (True, "not validated: terraform took longer than 0 s")
    assert time.monotonic() - start < 10
    assert gone(int((terraform / "child").read_text()))


def test_a_stop_ends_its_processes(repo: Path, terraform: Path) -> None:
    (terraform / "init.sh").write_text(f"sleep 60 & echo $! > {terraform}/child; wait\n")

    class Stop:
        def step(self, done: int, total: int, what: str) -> None:
            if what == "terraform init" and (terraform / "child").exists():
                raise Cancelled

    with pytest.raises(Cancelled):
        verdict(repo, progress=Stop())
    assert gone(int((terraform / "child").read_text()))


def gone(process: int) -> bool:
    """Has the process ended (or is it a zombie that nobody waits for)?"""
    for _ in range(50):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{process}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_without_terraform_nothing_is_claimed(repo: Path) -> None:
    assert verdict(repo) == (True, "not validated: neither terraform nor tofu is on PATH")
