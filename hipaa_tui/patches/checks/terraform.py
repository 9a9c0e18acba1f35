"""Runs Terraform or OpenTofu with a time limit, in a temporary folder and never in the user's work tree."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from hipaa_tui.providers.model import Progress
from hipaa_tui.support.sanitize import plain


def terraform_program() -> str | None:
    """The program on PATH: terraform, else tofu, else None."""
    return shutil.which("terraform") or shutil.which("tofu")


class Steps:
    """Terraform's commands, one after the other, in one folder and under one time limit."""

    def __init__(self, program: str, folder: Path, scratch: Path, progress: Progress, until: float) -> None:
        self.program, self.folder, self.scratch = program, folder, scratch
        self.progress, self.until = progress, until

    def run(self, *arguments: str, **more: str) -> tuple[int, str]:
        """(exit code, what it printed); `more` goes into its environment.

        TimeoutError, Cancelled; the process is gone in each case.
        """
        own = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
        own["TF_DATA_DIR"] = str(self.scratch / "data")
        output = self.scratch / "output"
        with output.open("wb") as sink:
            process = subprocess.Popen(
                [self.program, *arguments],
                cwd=self.folder,
                env=os.environ | own | more,
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


def gist(said: str) -> str:
    """The first error in Terraform's words, on one line."""
    lines = [line.strip("│╷╵ ") for line in said.splitlines()]
    start = next((i for i, line in enumerate(lines) if line.startswith("Error:")), 0)
    return plain(" ".join(line for line in lines[start : start + 8] if line), 300)
