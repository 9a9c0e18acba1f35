"""The demo as somebody without a terminal sees it, and as somebody who stops it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "hipaa_tui", "demo"]


def children(marker):
    """Processes of this machine whose environment names the marker (Linux only)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if marker.encode() in environment and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def test_the_demo_walks_without_a_terminal():
    """Up to the fix that is verified and rolled back; CI walks it to its end, which fails where anything did."""
    said = ""
    with subprocess.Popen(
        COMMAND,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            said += line
            if line.startswith("### Plan everything"):
                break
        demo.terminate()
        demo.wait(30)
    for step in ("Load a scanner", "Scan the live clouds", "guard pass", "verified", "### Roll it back"):
        assert step in said
    assert "\x1b" not in said


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes through /proc")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_demo_that_is_stopped_leaves_no_process_behind(ending):
    marker = f"HIPAA_TUI_TEST_MARKER=demo-{os.getpid()}-{ending}-{time.time_ns()}"
    name, _, value = marker.partition("=")
    with subprocess.Popen(
        COMMAND, env={**os.environ, name: value}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    ) as demo:  # fmt: skip
        assert demo.stdout is not None
        for line in demo.stdout:
            if line.startswith("### "):
                break
        assert len(children(marker)) >= 3, "the demo, moto and the ARM server"
        demo.send_signal(ending)
        demo.wait(30)
    for _ in range(100):
        if not children(marker):
            break
        time.sleep(0.1)
    assert children(marker) == []
