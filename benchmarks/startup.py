"""How long a person waits: `hipaa-tui --version`, and from process start to the first paint of the screens.

The first paint is seen through a PTY, beside a hello-world Textual app in the same run, in turns, so that
a noisy machine slows both. Prints medians and their ratio; goals are 150 ms and 1.5 times.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TURNS = 11
HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("Hello, world")
Hello().run()
"""


def version_seconds() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "hipaa_tui", "--version"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def first_paint_seconds(command: list[str], sign: bytes, environment: dict[str, str]) -> float:
    """From fork to the moment when `sign` stands in what the program wrote to its terminal."""
    started = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment)  # noqa: S606 - our own commands
    seen = b""
    try:
        while time.perf_counter() - started < 30:
            if select.select([terminal], [], [], 0.5)[0]:
                seen += os.read(terminal, 65536)
                if sign in seen:
                    return time.perf_counter() - started
        raise SystemExit(f"{command} never painted {sign!r}")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        hello = Path(folder) / "hello.py"
        hello.write_text(HELLO)
        environment = {
            **os.environ,
            "HIPAA_TUI_HOME": str(Path(folder) / "home"),
            "TERM": "xterm-256color",
            "COLUMNS": "120",
            "LINES": "36",
        }
        ours, theirs, versions = [], [], []
        for _ in range(TURNS):
            versions.append(version_seconds())
            theirs.append(first_paint_seconds([sys.executable, str(hello)], b"Hello, world", environment))
            ours.append(first_paint_seconds([sys.executable, "-m", "hipaa_tui"], b"hipaa-tui", environment))
    version, our, their = map(statistics.median, (versions, ours, theirs))
    print(f"--version           {version * 1000:6.0f} ms  (goal 150)")
    print(f"first paint, hello  {their * 1000:6.0f} ms")
    print(f"first paint, ours   {our * 1000:6.0f} ms  = {our / their:.2f} x hello  (goal 1.5)")


if __name__ == "__main__":
    main()
