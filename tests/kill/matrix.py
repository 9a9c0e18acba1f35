"""Kills a real apply and a real rollback with SIGKILL before and after every cloud call and every journal
commit, starts over, resumes or rolls back, and counts what came out right.

    python -m tests.kill.matrix [--store sqlite|postgresql|both] [--every N [--offset K]] [--workers N]

Each point is a process of its own on local clouds over HTTP. Prints points tried, right, wrong, redundant writes;
exit code 1 where any is wrong or redundant.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hipaa_tui.sandbox.clouds as sandbox_clouds
from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.azure.cloud import AzureCloud
from hipaa_tui.clouds.connections import Connections, fresh
from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import RunState
from hipaa_tui.plans.model import Plan
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import setting
from hipaa_tui.runs.apply import Applying, confirmed
from hipaa_tui.runs.rollback import leaves_nothing, rollback_plan
from hipaa_tui.runs.views import view
from hipaa_tui.store.database import Store, open_store
from tests.kill.estate import REGION, build, plan_for
from tests.store.postgresql_server import postgresql_server

READS = ("Get", "List", "Describe", "Head", "Simulate", "GET")
NEVER = 10**9
SCENES = (
    "apply, then resume",
    "apply, then roll back",
    "roll back, then resume",
    "roll back, then undo that",
)


@dataclass
class Moments:
    """Counts the moments of a process, ends it at one of them, and notes each write that it sends."""

    until: int = NEVER
    how: int = signal.SIGKILL
    log: int = -1
    count: int = 0
    inside: bool = False

    def pass_by(self, what: str) -> None:
        now, self.count = self.count, self.count + 1
        if now == self.until:
            self.note(f"killed {what}")
            os.kill(os.getpid(), self.how)

    def note(self, line: str) -> None:
        if self.log >= 0:
            os.write(self.log, (line + "\n").encode())

    @contextmanager
    def call(self, call: Call) -> Iterator[None]:
        if self.inside:  # a list of pages is one call
            yield
            return
        self.inside = True
        try:
            self.pass_by(f"before {call.service} {call.operation}")
            if not call.operation.startswith(READS):
                self.note(f"write {call.service} {call.operation}")
            yield
            self.pass_by(f"after {call.service} {call.operation}")
        finally:
            self.inside = False


MOMENTS = Moments()


def instrument(*, inside_commits: bool = True) -> None:
    """Let every cloud call and every commit pass by MOMENTS, in this process and those forked from it."""
    for kind in (AwsCloud, AzureCloud):
        for name in ("call", "pages"):
            real = getattr(kind, name)

            def wrapped(self: Any, call: Call, *more: Any, real: Callable[..., Any] = real) -> Any:
                with MOMENTS.call(call):
                    return real(self, call, *more)

            setattr(kind, name, wrapped)
    writing = Store.writing

    @contextmanager
    def instrumented(self: Store) -> Iterator[Any]:
        with writing(self) as connection:
            yield connection
            if inside_commits:
                MOMENTS.pass_by("before a commit")
        MOMENTS.pass_by("after a commit")

    Store.writing = instrumented  # type: ignore[method-assign]


@dataclass
class Tally:
    tried: int = 0
    right: int = 0
    redundant: int = 0
    wrong: list[str] = field(default_factory=list)


class Bench:
    """The estate, its plan and a store, made anew for every point."""

    def __init__(self, sandbox: sandbox_clouds.Sandbox, folder: Path, url: str) -> None:
        self.sandbox, self.folder, self.url = sandbox, folder, url
        self.clouds = Connections()
        self.spare = warmed()
        self.log = folder / "writes.log"
        self.plan = plan_for(self.clouds, build(sandbox, self.clouds))
        self.number = 0

    def fresh(self) -> None:
        build(self.sandbox, self.clouds)
        self.number += 1
        self.log.write_text("")
        if self.url:
            self._recreate()

    def journal(self) -> Journal:
        return Journal(open_store(self.url or self.folder / str(self.number) / "store.db"))

    def in_a_process(self, work: Callable[[], None], until: int) -> int:
        """Run it in a process that is killed at that moment. How many moments it saw, -1 where it was killed."""
        pid = os.fork()
        if pid == 0:
            MOMENTS.until, MOMENTS.count = until, 0
            MOMENTS.log = os.open(self.log, os.O_WRONLY | os.O_APPEND)
            try:
                work()
                os.write(MOMENTS.log, f"moments {MOMENTS.count}\n".encode())
            except BaseException as error:
                os.write(MOMENTS.log, f"error {type(error).__name__}: {error}\n".encode())
            os._exit(0)
        os.waitpid(pid, 0)
        lines = self.lines()
        for line in lines:
            if line.startswith("error "):
                raise AssertionError(line)
        seen = [int(line.split()[1]) for line in lines if line.startswith("moments ")]
        return seen[-1] if seen else -1

    def here(self, work: Callable[[], Any]) -> Any:
        """Run it in this process, which outlives it, with its writes noted too."""
        MOMENTS.until = NEVER
        MOMENTS.log = os.open(self.log, os.O_WRONLY | os.O_APPEND)
        try:
            return work()
        finally:
            os.close(MOMENTS.log)
            MOMENTS.log = -1

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def writes(self) -> int:
        return sum(line.startswith("write ") for line in self.lines())

    def keys(self) -> int:
        return len(self.clouds["aws"].pages(Call("aws", "kms", "ListKeys", {}, REGION), "Keys"))

    def _recreate(self) -> None:
        from sqlalchemy import text

        engine = open_store(self.url).engine
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()


def warmed() -> Connections:
    """Clouds with the SDKs' clients made and nothing sent: for processes that are forked, since making them
    takes longer than all of their calls."""
    clouds = Connections()
    for service in ("sts", "s3", "kms", "ec2", "iam", "cloudfront", "cloudwatch", "elbv2", "ssm"):
        for operation in ("GetIt", "PutIt"):
            clouds["aws"]._client(Call("aws", service, operation, {}, REGION))  # type: ignore[attr-defined]
    clouds["azure"]._resources()  # type: ignore[attr-defined]
    return clouds


def start(bench: Bench, plan: Plan) -> str:
    return Applying(plan, bench.spare, bench.journal()).start()


def applied(bench: Bench) -> list[str]:
    """What does not stand as the plan wants it."""
    return [
        f"{change.setting} is not as wanted"
        for change in bench.plan.changes
        if not confirmed(change, fresh(bench.clouds, change.setting, change.target).value)
    ]


def as_before(bench: Bench) -> list[str]:
    """What does not stand as before the plan, less what a rollback keeps on purpose."""
    faults = []
    for change in bench.plan.changes:
        one = setting(change.setting)
        if change.before is None and one.kept_on_rollback:
            continue
        if not one.same(fresh(bench.clouds, change.setting, change.target).value, change.before):
            faults.append(f"{change.setting} is not as before")
    return faults


def tidy(bench: Bench, journal: Journal, state: RunState | None) -> list[str]:
    """Faults of the journal: a broken chain, a run left open, another end than this one, a second key."""
    rows = journal.rows()
    faults = list(journal.broken_links())
    faults += [f"run {row.id} is still {row.state.value}" for row in rows if row.state is RunState.RUNNING]
    if state is not None and rows and rows[0].state is not state:
        faults.append(f"the last run is {rows[0].state.value}: {view(journal, rows[0]).note}")
    if bench.keys() > 1:
        faults.append("there is a second key")
    return faults


def recover_apply(bench: Bench, *, resume: bool, baseline: int) -> tuple[list[str], int]:
    """(faults, redundant writes) once a killed apply was resumed or rolled back."""
    journal = bench.journal()
    rows = journal.rows()
    if not rows:
        return as_before(bench) + (["wrote without a run"] if bench.writes() else []), 0
    row = rows[0]
    if resume:
        if row.state is RunState.RUNNING:
            bench.here(lambda: Applying(journal.plan(row.id), bench.clouds, journal).resume(row.id))
        return applied(bench) + tidy(bench, journal, RunState.DONE), bench.writes() - baseline
    sent = bench.writes()
    expected = roll_back(bench, journal, row.id)
    return as_before(bench) + tidy(bench, journal, None), bench.writes() - sent - expected


def recover_rollback(bench: Bench, *, resume: bool, baseline: int, sent: int) -> tuple[list[str], int]:
    """The same for a killed rollback; the other way is to roll back the rollback."""
    journal = bench.journal()
    row = journal.rows()[0]
    if row.kind != "rollback":
        return applied(bench), bench.writes() - sent
    if resume:
        if row.state is RunState.RUNNING:
            bench.here(lambda: Applying(journal.plan(row.id), bench.clouds, journal).resume(row.id))
        return as_before(bench) + tidy(bench, journal, RunState.DONE), bench.writes() - sent - baseline
    before = bench.writes()
    expected = roll_back(bench, journal, row.id)
    return applied(bench) + tidy(bench, journal, None), bench.writes() - before - expected


def roll_back(bench: Bench, journal: Journal, run: str) -> int:
    """Roll a run back in this process. How many writes its plan says."""
    plan = rollback_plan(journal, run, bench.clouds)
    if leaves_nothing(plan):
        if journal.row(run).interrupted:
            journal.close_undone(run)
        return 0
    bench.here(lambda: Applying(plan, bench.clouds, journal).start())
    return sum(len(change.calls) for change in plan.changes)


def points(bench: Bench, scene: str) -> tuple[int, int]:
    """(moments, writes) of the scene when nobody kills it."""
    bench.fresh()
    if scene.startswith("apply"):
        moments = bench.in_a_process(lambda: void(start(bench, bench.plan)), NEVER)
        assert not applied(bench), applied(bench)
        return moments, bench.writes()
    run = bench.here(lambda: Applying(bench.plan, bench.clouds, bench.journal()).start())
    sent = bench.writes()
    moments = bench.in_a_process(lambda: rolled(bench, run), NEVER)
    assert not as_before(bench), as_before(bench)
    return moments, bench.writes() - sent


def rolled(bench: Bench, run: str) -> None:
    journal = bench.journal()
    Applying(rollback_plan(journal, run, bench.spare), bench.spare, journal).start()


def void(_: object) -> None:
    """Of a result that nobody needs."""


def one_point(bench: Bench, scene: str, moment: int, baseline: int) -> tuple[list[str], int]:
    bench.fresh()
    resume = scene.endswith("resume")
    if scene.startswith("apply"):
        lived = bench.in_a_process(lambda: void(start(bench, bench.plan)), moment)
        faults, redundant = recover_apply(bench, resume=resume, baseline=baseline)
    else:
        run = bench.here(lambda: Applying(bench.plan, bench.clouds, bench.journal()).start())
        sent = bench.writes()
        lived = bench.in_a_process(lambda: rolled(bench, run), moment)
        faults, redundant = recover_rollback(bench, resume=resume, baseline=baseline, sent=sent)
    if lived >= 0:
        faults.append("it was not killed at all")
    return faults, redundant


def shard(store: str, number: int, of: int, every: int, offset: int) -> Tally:
    """Every `every`-th point from `offset` on that is this worker's, on clouds and a store of its own."""
    tally = Tally()
    with ExitStack() as stack:
        url = stack.enter_context(postgresql_server()) if store == "postgresql" else ""
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hipaa-tui-kill-")))
        sandbox_clouds._SERVERS = {**sandbox_clouds._SERVERS, "MOTO_IAM_LOAD_MANAGED_POLICIES": "false"}  # type: ignore[misc] # resetting is slow with them
        sandbox = stack.enter_context(sandbox_clouds.Sandbox())
        sandbox.activate()
        instrument()
        bench = Bench(sandbox, folder, url)
        for scene in SCENES:
            moments, baseline = points(bench, scene)
            for moment in range(moments):
                if moment % every != offset or (moment // every) % of != number:
                    continue
                tally.tried += 1
                try:
                    faults, redundant = one_point(bench, scene, moment, baseline)
                except Exception as error:
                    faults, redundant = [f"{type(error).__name__}: {error}"], 0
                if faults:
                    where = next((line for line in bench.lines() if line.startswith("killed")), "")
                    tally.wrong.append(f"{store}: {scene}, {where} ({moment}): {'; '.join(faults)}"[:600])
                else:
                    tally.right += 1
                tally.redundant += max(0, redundant)
    return tally


def run(stores: list[str], every: int, workers: int, offset: int = 0) -> Tally:
    """The whole matrix, in `workers` processes side by side."""
    total = Tally()
    for store in stores:
        processes = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.kill.matrix",
                    "--store",
                    store,
                    "--every",
                    str(every),
                    "--offset",
                    str(offset),
                    "--shard",
                    f"{n}/{workers}",
                ],
                stdout=subprocess.PIPE,
            )
            for n in range(workers)
        ]
        for process in processes:
            said, _ = process.communicate()
            if process.returncode:
                raise SystemExit(f"a worker ended with {process.returncode}")
            part = Tally(**json.loads(said))
            total.tried += part.tried
            total.right += part.right
            total.redundant += part.redundant
            total.wrong += part.wrong
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--store", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth point")
    parser.add_argument(
        "--offset", type=int, default=0, metavar="K", help="with --every: from the Kth point on"
    )
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1), metavar="N")
    parser.add_argument("--shard", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.shard:
        number, of = map(int, options.shard.split("/"))
        print(json.dumps(shard(options.store, number, of, options.every, options.offset).__dict__))
        return 0
    stores = ["sqlite", "postgresql"] if options.store == "both" else [options.store]
    if "postgresql" in stores:
        try:
            with postgresql_server():
                pass
        except LookupError as missing:
            print(f"skipped PostgreSQL: {missing}")
            stores.remove("postgresql")
    begun = time.monotonic()
    total = run(stores, options.every, options.workers, options.offset)
    for line in total.wrong:
        print(f"WRONG {line}")
    print(
        f"{' and '.join(stores)}: {total.tried} points tried, {total.right} right, {len(total.wrong)} wrong, "
        f"{total.redundant} redundant writes, in {time.monotonic() - begun:.0f} s"
    )
    return 1 if total.wrong or total.redundant or not total.tried else 0


if __name__ == "__main__":
    sys.exit(main())
