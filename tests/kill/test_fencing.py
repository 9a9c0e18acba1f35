"""A sample of the stopped workers; `make kill-matrix` stops a hundred of them, and CI does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])


@pytest.mark.slow
def test_a_worker_that_was_stopped_past_its_lease_makes_at_most_one_call_and_raises_the_alarm():
    done = subprocess.run(
        [sys.executable, "-m", "tests.kill.fencing", "--tries", "2"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**os.environ, "PYTHONPATH": ROOT},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 workers stopped past their lease, 2 found themselves fenced, 2 raised the alarm" in done.stdout
