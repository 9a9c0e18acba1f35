"""What journal, checks and verification add to the bare calls of an apply, per change, in milliseconds.

Applies every unblocked fix of the sandbox, and counts the time inside cloud calls apart: the writes that
a bare script would make, the reads that comparing and verifying add, and the rest (journal, hashing).
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from counting import Counting

from hipaa_tui.providers.model import Call
from hipaa_tui.sandbox.clouds import Sandbox
from hipaa_tui.sandbox.seed import seed_all
from hipaa_tui.support.config import Home
from hipaa_tui.workbench import Workbench


class Splitting(Counting):
    """Counts the time of planned writes apart from that of looks."""

    def __init__(self, cloud, writes):
        super().__init__(cloud)
        self.writes = writes
        self.write_seconds = 0.0
        self.write_calls = 0

    def call(self, call: Call):
        started = time.perf_counter()
        try:
            return super().call(call)
        finally:
            if (call.service, call.operation) in self.writes:
                self.write_seconds += time.perf_counter() - started
                self.write_calls += 1


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder)) as sandbox:
        os.environ.update(sandbox.environment())
        workbench = Workbench(Home(Path(folder) / "home"))
        seed_all(workbench.clouds)
        workbench.scan()
        plan = workbench.plan(everything=True).without_blocked()
        writes = {(call.service, call.operation) for change in plan.changes for call in change.calls}
        reach = workbench.decision(plan).reach
        clouds = {name: Splitting(workbench.clouds[name], writes) for name in ("aws", "azure")}
        workbench.clouds = clouds
        started = time.perf_counter()
        run = workbench.apply(plan, reach=reach or None)
        wall = time.perf_counter() - started
        changes = len(plan.changes)
        in_writes = sum(cloud.write_seconds for cloud in clouds.values())
        in_calls = sum(cloud.seconds for cloud in clouds.values())
        print(
            f"run {run.state.value}: {changes} changes, {sum(c.write_calls for c in clouds.values())} writes"
        )
        print(f"wall                     {wall / changes * 1000:7.1f} ms a change")
        print(f"  bare writes            {in_writes / changes * 1000:7.1f} ms a change")
        print(f"  looks (guards, compare, verify) {(in_calls - in_writes) / changes * 1000:7.1f} ms a change")
        print(f"  journal and the rest   {(wall - in_calls) / changes * 1000:7.1f} ms a change")


if __name__ == "__main__":
    main()
