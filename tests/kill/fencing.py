"""Stops a worker (SIGSTOP) at any moment of its run, lets another one take over when the lease is out, continues
the first one, and counts what it still does.

    python -m tests.kill.fencing [--tries N] [--store sqlite|postgresql]

Prints tries, how often the stopped worker found itself fenced and raised the alarm, and the calls that it made
after the other one had taken over: at most the one that it was about to make. Exit code 1 for anything else.

One that is stopped inside of a transaction (its heartbeat's: as rare as the lease is long) holds the store's only
write lock: nobody can take over before it goes on, so there is nothing to fence. Those are counted apart.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import hipaa_tui.sandbox.clouds as sandbox_clouds
from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import FencedError, RunState
from hipaa_tui.runs.apply import Applying
from hipaa_tui.store import sqlite
from hipaa_tui.store.database import StoreError, open_store
from tests.kill.matrix import MOMENTS, NEVER, Bench, applied, instrument, points
from tests.store.postgresql_server import postgresql_server

LEASE = timedelta(seconds=0.5)
PATIENCE = 30.0
"""Seconds until a worker that neither ends nor stops is given up."""


@dataclass
class Count:
    tries: int = 0
    held: int = 0
    fenced: int = 0
    alarms: int = 0
    late: int = 0
    most_late: int = 0
    faults: list[str] = field(default_factory=list)


def journal(bench: Bench) -> Journal:
    return Journal(open_store(bench.url or bench.folder / str(bench.number) / "store.db"), LEASE)


def worker(bench: Bench, stop_at: int) -> int:
    """Fork the worker that stops itself. Its pid."""
    pid = os.fork()
    if pid:
        return pid
    MOMENTS.until, MOMENTS.how, MOMENTS.count = stop_at, signal.SIGSTOP, 0
    MOMENTS.log = os.open(bench.log, os.O_WRONLY | os.O_APPEND)
    try:
        Applying(bench.plan, bench.spare, journal(bench)).start()
        MOMENTS.note("ended")
    except FencedError as error:
        MOMENTS.note(f"fenced {error}")
    except BaseException as error:
        MOMENTS.note(f"error {type(error).__name__}: {error}")
    os._exit(0)


def one_try(bench: Bench, stop_at: int, count: Count) -> None:
    """Stop a worker there, take over, let it go on."""
    bench.fresh()
    pid = worker(bench, stop_at)
    _, status = os.waitpid(pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        return  # the run had fewer moments this time
    try:
        mine, run = taken_over(bench)
    except StoreError as error:
        if "locked" not in str(error) and "lock timeout" not in str(error):
            raise
        count.held += 1
        mine, run = None, ""
    before = bench.writes()
    os.kill(pid, signal.SIGCONT)
    _, status = os.waitpid(pid, 0)
    if mine is None or not run:
        faults = applied(bench) if mine is None else []
        count.faults += [f"moment {stop_at}, which nobody took over: {fault}" for fault in faults]
        return
    count.tries += 1
    lines = bench.lines()
    where = next((line for line in lines if line.startswith("killed")), "").replace("killed", "stopped")
    late = bench.writes() - before
    count.late += late
    count.most_late = max(count.most_late, late)
    count.fenced += any(line.startswith("fenced") for line in lines)
    alarms = [record for record in mine.of(run) if record.kind == "run.alarm"]
    count.alarms += bool(alarms)
    faults = applied(bench)
    if not alarms:
        faults.append(f"no alarm ({lines[-1]})")
    if late > 1:
        faults.append(f"{late} calls after the takeover")
    if mine.rows()[0].state is not RunState.DONE:
        faults.append(f"the run is {mine.rows()[0].state.value}")
    if faults:
        count.faults.append(f"moment {stop_at}, {where}: {'; '.join(faults)}")


def taken_over(bench: Bench) -> tuple[Journal, str]:
    """Take the run over once its lease is out, and finish it. "" where there is none under way."""
    mine = journal(bench)
    rows = mine.rows()
    if not rows or rows[0].state is not RunState.RUNNING:
        return mine, ""
    until = time.monotonic() + PATIENCE
    while not mine.rows()[0].interrupted:
        if time.monotonic() > until:
            raise AssertionError("the lease never ran out")
        time.sleep(0.05)
    Applying(mine.plan(rows[0].id), bench.clouds, mine).resume(rows[0].id)
    return mine, rows[0].id


def run(tries: int, store: str) -> Count:
    """That many tries, at moments spread over the whole run."""
    count = Count()
    with ExitStack() as stack:
        url = stack.enter_context(postgresql_server()) if store == "postgresql" else ""
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hipaa-tui-fencing-")))
        sandbox_clouds._SERVERS = {**sandbox_clouds._SERVERS, "MOTO_IAM_LOAD_MANAGED_POLICIES": "false"}  # type: ignore[misc]
        sandbox = stack.enter_context(sandbox_clouds.Sandbox())
        sandbox.activate()
        sqlite.BUSY_SECONDS = 5  # type: ignore[misc] # nobody else writes here
        instrument(inside_commits=False)
        bench = Bench(sandbox, folder, url)
        moments, _ = points(bench, "apply")
        chosen = random.Random(1)
        while count.tries < tries:
            MOMENTS.until = NEVER
            one_try(bench, chosen.randrange(moments), count)
    return count


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--tries", type=int, default=100, metavar="N")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    begun = time.monotonic()
    count = run(options.tries, options.store)
    for fault in count.faults:
        print(f"WRONG {fault}")
    print(
        f"{options.store}: {count.tries} workers stopped past their lease, {count.fenced} found themselves fenced, "
        f"{count.alarms} raised the alarm; {count.late} calls were made after the takeover, at most "
        f"{count.most_late} by one worker; {count.held} more held the store's lock; in {time.monotonic() - begun:.0f} s"
    )
    return 1 if count.faults else 0


if __name__ == "__main__":
    sys.exit(main())
