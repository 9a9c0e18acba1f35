"""Asks Terraform (or OpenTofu), where there is one, what it says about the commit; never a condition for the patch.

Works on an export of the commit in a folder of its own, so nothing appears in the user's work tree.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from hipaa_tui.patches.repository import Repository
from hipaa_tui.settings.model import Progress
from hipaa_tui.text import plain

SECONDS: Final = 60.0
"""How long all of Terraform's steps may take together."""
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a repository that are written out for Terraform to read."""


def terraform_verdict(
    repository: Repository, commit: str, files: tuple[str, ...], progress: Progress, seconds: float = SECONDS
) -> tuple[bool, str]:
    """(the files are as `terraform fmt` writes them, "valid" / "not validated: why" / what it found).

    Without Terraform the first is True: our printer writes that form by itself. Raises Cancelled.
    """
    program = shutil.which("terraform") or shutil.which("tofu")
    if program is None:
        return True, "not validated: neither terraform nor tofu is on PATH"
    with tempfile.TemporaryDirectory(prefix="hipaa-tui-", ignore_cleanup_errors=True) as scratch:
        root = Path(scratch) / "repo"
        root.mkdir()
        if not repository.export(commit, root, LARGEST):
            return True, f"not validated: the repository is larger than {LARGEST // 2**20} MB"
        folder = root.joinpath(*repository.prefix.parts)
        steps = _Steps(program, folder, Path(scratch), progress, time.monotonic() + seconds)
        try:
            written = [
                str(root.joinpath(*Path(one).parts)) for one in files if one.endswith((".tf", ".tfvars"))
            ]
            code, _ = steps.run("fmt", "-check", *written) if written else (0, "")
            formatted = code == 0
            code, said = steps.run("init", "-backend=false", "-input=false", "-no-color")
            if code != 0:
                return formatted, f"not validated: init failed: {_gist(said)}"
            code, said = steps.run("validate", "-no-color")
        except TimeoutError:
            return True, f"not validated: terraform took longer than {seconds:.0f} s"
        except OSError as error:
            return True, f"not validated: terraform cannot be run: {error.strerror or error}"
        return formatted, "valid" if code == 0 else _gist(said)


class _Steps:
    """Terraform's commands, one after the other, in one folder and under one time limit."""

    def __init__(self, program: str, folder: Path, scratch: Path, progress: Progress, until: float) -> None:
        self.program, self.folder, self.scratch = program, folder, scratch
        self.progress, self.until = progress, until

    def run(self, *arguments: str) -> tuple[int, str]:
        """(exit code, what it printed). TimeoutError, Cancelled; the process is gone in each case."""
        own = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
        own["TF_DATA_DIR"] = str(self.scratch / "data")
        output = self.scratch / "output"
        with output.open("wb") as sink:
            process = subprocess.Popen(
                [self.program, *arguments],
                cwd=self.folder,
                env=os.environ | own,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                while process.poll() is None:
                    self.progress.step(0, 1, f"terraform {arguments[0]}")
                    if time.monotonic() > self.until:
                        raise TimeoutError
                    time.sleep(0.05)
            finally:
                if process.poll() is None:
                    _end(process)
        return process.returncode, output.read_text(encoding="utf-8", errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and the providers that it started."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        pass
    process.wait(10)


def _gist(said: str) -> str:
    """The first error in Terraform's words, on one line."""
    lines = [line.strip("│╷╵ ") for line in said.splitlines()]
    start = next((i for i, line in enumerate(lines) if line.startswith("Error:")), 0)
    return plain(" ".join(line for line in lines[start : start + 8] if line), 300)
