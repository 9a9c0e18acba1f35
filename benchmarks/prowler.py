"""Asks Prowler before and after: on a badly kept account every automatic plan is applied unattended, then rolled back.

On a local moto server: an account is built, Prowler scans it (hipaa_aws), its findings are loaded, one plan of
everything that no guard blocks and that can be undone is applied and verified, Prowler scans again; the run is
rolled back, and Prowler scans a third time. Prints for each check how many rows failed and what they are now,
whether our own verification agrees, what passed before and fails after, and which settings are not as they were.
Beside it the wall time of Prowler's scan and of ours on the same account, with the calls that ours made.

    python benchmarks/prowler.py [--estate SCRIPT] [--keep FOLDER] [--certificate NAME] [--set NAME=VALUE …]

Needs `prowler` on PATH or in PROWLER (5.46 or later; it wants an environment of its own). SCRIPT builds another
account: it is run with the server's URL as its argument.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from counting import Counting

from hipaa_tui.aws.cloud import connect
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_types, settings
from hipaa_tui.sandbox.estate_aws import seed
from hipaa_tui.support.config import Home
from hipaa_tui.workbench import Workbench

REGION, ACCOUNT = "us-east-1", "123456789012"
PLACES = [Place("aws", ACCOUNT, REGION)]
Rows = dict[str, Counter[str]]


@contextmanager
def server() -> Iterator[str]:
    """The URL of a moto server with AWS's managed policies and a standard image."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    environment = {
        **os.environ,
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    }
    command = [sys.executable, "-m", "hipaa_tui.sandbox.moto_extensions", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/moto-api/").close()  # noqa: S310 - our own server
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def prowler(url: str, folder: Path, name: str) -> tuple[Rows, Path, float]:
    """(rows by check and status, the OCSF file, seconds) of one scan."""
    program = os.environ.get("PROWLER") or shutil.which("prowler")
    if program is None:
        raise SystemExit("prowler is not on PATH; name it in PROWLER")
    # S3 Control's host name carries the account's number: as a proxy the server hears that, too.
    environment = {**os.environ, "HTTP_PROXY": url, "http_proxy": url, "AWS_MAX_ATTEMPTS": "1"}
    # Prowler adds to a report that is there.
    (folder / f"{name}.ocsf.json").unlink(missing_ok=True)
    started = time.perf_counter()
    subprocess.run(
        [program, "aws", "--compliance", "hipaa_aws", "-f", REGION, "-M", "json-ocsf", "-o", str(folder),
         "-F", name, "-b", "--no-color", "--aws-retries-max-attempts", "1"],
        env=environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    took = time.perf_counter() - started
    path = folder / f"{name}.ocsf.json"
    rows: Rows = defaultdict(Counter)
    for row in json.loads(path.read_text()):
        rows[row["metadata"]["event_code"]][row["status_code"]] += 1
    return rows, path, took


def everything() -> dict[tuple[str, str], Any]:
    """Every setting of every resource of the account that we can read: (setting, resource) → value."""
    cloud = connect(region=REGION)
    read, found = SettingReader({"aws": cloud}), {}
    targets = {}
    for name, kind in resource_types().items():
        if kind.provider == "aws":
            try:
                targets[name] = kind.list(cloud, ACCOUNT, REGION, "aws")
            except CloudError:
                targets[name] = []
    for id, one in settings().items():
        for target in targets.get(one.resource, ()):
            try:
                reading = read(id, target)
            except (CloudError, ValueError, KeyError) as error:
                found[id, target.id] = f"unreadable: {error}"
                continue
            found[id, target.id] = None if reading.absent else one.canonical(reading.value)
    return found


def our_scan() -> tuple[float, Counter[str], int]:
    """(seconds, calls by operation, looks) of our scan of all that the playbooks cover."""
    cloud = Counting(connect(region=REGION))
    started = time.perf_counter()
    seen = scan(load().playbooks.values(), PLACES, {"aws": cloud})
    return time.perf_counter() - started, cloud.calls, len(seen.examined)


def verdict(rows: Mapping[str, int]) -> str:
    return "FAIL" if rows.get("FAIL") else "PASS" if rows.get("PASS") else "MANUAL" if rows else "no row"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--estate", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--rounds", type=int, default=2, help="plans, one after the other (2)")
    parser.add_argument("--irreversible", action="store_true", help="apply what cannot be undone, too")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument(
        "--certificate",
        metavar="NAME",
        help="the account has a certificate for that name, as only its owner can get one",
    )
    options = parser.parse_args()
    given = dict(pair.partition("=")[::2] for pair in options.set)
    with server() as url, tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True, parents=True)
        os.environ.update(
            AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing",
            AWS_DEFAULT_REGION=REGION, AWS_EC2_METADATA_DISABLED="true",
        )  # fmt: skip
        if options.estate:
            subprocess.run([sys.executable, str(options.estate), url], check=True, stdout=subprocess.DEVNULL)
        else:
            seed(connect(region=REGION))
        if options.certificate:
            import boto3

            boto3.client("acm", region_name=REGION).request_certificate(DomainName=options.certificate)
        before, report, prowlers = prowler(url, folder, "before")
        first = everything()
        ours, calls, looks = our_scan()
        workbench = Workbench(Home(folder / "home"))
        workbench.load([report])
        verified: dict[str, list[bool]] = defaultdict(list)
        # What builds on another fix (an alarm on the trail's log group) is planned once that one stands.
        runs = [
            run
            for number in range(1, options.rounds + 1)
            if (run := one_round(workbench, options, given, number, verified))
        ]
        after, _, _ = prowler(url, folder, "after")
        take_back(workbench, runs)
        rolled, _, _ = prowler(url, folder, "rolled-back")
        last = everything()
    table(before, after, rolled, verified, workbench)
    differing = sorted(key for key in first if first[key] != last.get(key))
    print(f"settings read before {len(first)}, not as they were after the rollback: {len(differing)}")
    for setting, resource in differing:
        print(
            f"  {setting} of {resource}: {first[setting, resource]} → {last.get((setting, resource), 'gone')}"[
                :300
            ]
        )
    total = sum(calls.values())
    print(
        f"scan: Prowler {prowlers:.1f} s, ours {ours:.2f} s = 1/{prowlers / ours:.0f}; {looks} looks, {total} calls"
    )


def one_round(
    workbench: Workbench,
    options: argparse.Namespace,
    given: Mapping[str, str],
    number: int,
    verified: dict[str, list[bool]],
) -> str:
    """Plan everything that is open, apply what no guard blocks; the run's id, "" where there was nothing to do."""
    plan = workbench.plan(everything=True, given=given if number == 1 else {})
    for change in {change.group: change for change in plan.blocked}.values():
        for guard in change.guards:
            if guard.outcome == "block" and number == options.rounds:
                print(f"blocked: {change.playbook} on {change.target.name}: {guard.guard}: {guard.reason}")
    plan = plan.without_blocked()
    if not options.irreversible:
        for change in plan.changes:
            if change.irreversible:
                print(
                    f"left out, cannot be undone: {change.playbook} on {change.target.name}: {change.irreversible}"
                )
        plan = plan.without_irreversible()
    if not plan.changes:
        return ""
    started = time.perf_counter()
    run = workbench.apply(plan, reach=workbench.decision(plan).reach or None)
    took = time.perf_counter() - started
    print(f"round {number}: {run.state}, {len(plan.changes)} changes, {took:.1f} s {run.note}")
    groups = {group.id: group for group in plan.groups}
    for change, seen in zip(plan.changes, run.changes, strict=True):
        for check in checks_of(workbench, groups[change.group].findings):
            verified[check].append(bool(seen.verified))
    return run.run


def take_back(workbench: Workbench, runs: Sequence[str]) -> None:
    """Roll the runs back, the last one first."""
    for run in reversed(runs):
        back = workbench.rollback_plan(run)
        for change in back.blocked:
            print(
                f"cannot be rolled back: {change.setting} of {change.target.name}: {[g.reason for g in change.guards]}"
            )
        if back.changes:
            undone = workbench.apply(back.without_blocked(), reach=workbench.decision(back).reach or None)
            print(f"rollback {undone.run}: {undone.state} {undone.note}")


def checks_of(workbench: Workbench, findings: tuple[str, ...]) -> set[str]:
    return {workbench.finding(id).check for id in findings}


def table(
    before: Rows, after: Rows, rolled: Rows, verified: Mapping[str, list[bool]], workbench: Workbench
) -> None:
    failing = [check for check in sorted(before) if before[check].get("FAIL")]
    print(f"{'check':68} {'failed':>6}  {'after':8} {'ours':12} {'rolled back':12} playbook")
    ended: Counter[str] = Counter()
    for check in failing:
        playbook = workbench.catalogue.for_check(check)
        kind = "none" if playbook is None else "guided" if playbook.guided else playbook.id
        seen = verified.get(check)
        word = "-" if seen is None else "verified" if all(seen) else "NOT verified"
        again = (
            "same"
            if rolled[check].get("FAIL", 0) == before[check]["FAIL"]
            else f"{rolled[check].get('FAIL', 0)} fail"
        )
        ended[verdict(after.get(check, {}))] += 1
        print(
            f"{check:68} {before[check]['FAIL']:6}  {verdict(after.get(check, {})):8} {word:12} {again:12} {kind}"
        )
    worse = [
        c for c in after if verdict(after[c]) == "FAIL" and verdict(before.get(c, {})) in {"PASS", "no row"}
    ]
    print(
        f"failing checks {len(failing)}: "
        + ", ".join(f"{count} {word}" for word, count in ended.most_common())
    )
    print(f"passed or had no row before and fail after: {', '.join(sorted(worse)) or 'none'}")


if __name__ == "__main__":
    main()
