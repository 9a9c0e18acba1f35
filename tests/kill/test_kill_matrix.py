"""A sample of the kill matrix; `make kill-matrix` tries every point, and CI does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from postgresql_server import MISSING, programs

TESTS = str(Path(__file__).parents[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    "store",
    [
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.skipif(programs() is None, reason=MISSING)),
    ],
)
def test_a_run_that_is_killed_anywhere_ends_right(store):
    command = [sys.executable, "-m", "kill.matrix", "--store", store, "--every", "29", "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": TESTS}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 wrong, 0 redundant writes" in done.stdout
