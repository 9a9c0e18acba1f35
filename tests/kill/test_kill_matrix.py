"""A sample of the kill matrix; `make kill-matrix` tries every point on both stores, and CI does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])


@pytest.mark.slow
def test_a_run_that_is_killed_anywhere_ends_right():
    command = [
        sys.executable,
        "-m",
        "tests.kill.matrix",
        "--store",
        "sqlite",
        "--every",
        "61",
        "--workers",
        "1",
    ]
    environment = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 wrong, 0 redundant writes" in done.stdout
