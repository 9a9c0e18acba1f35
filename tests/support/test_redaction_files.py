"""Secrets that a report, a policy and an error quote stand in no file that the tool writes, and on no screen.

They are planted where people keep them, and the whole way is walked with the real commands: load, plan,
apply, patch, roll back, and a bug of ours on top.
"""

from __future__ import annotations

import json
import subprocess
import zlib
from pathlib import Path

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.plans.model import open_plan
from tests.aws.guards import allow, make_bucket
from tests.aws.server import ACCOUNT, REGION

LAMBDA = "Zk9-correct-horse-77"
SAS = "q1W2e3R4t5Y6u7I8o9P0aSdF%2BgHjK%3D"
REFERER = "Sw0rdf1sh-and-chips"
BUG = "hunter2-in-a-traceback"
TAG = "t4gged-and-bagged"
SECRETS = (LAMBDA, SAS, REFERER, BUG, TAG)
CHECK = "s3_bucket_secure_transport_policy"


def row(check, resource, detail, labels=()):
    return {
        "metadata": {"event_code": check},
        "status_code": "FAIL",
        "status_detail": detail,
        "severity": "High",
        "finding_info": {"title": f"Check {check}"},
        "cloud": {"provider": "aws", "account": {"uid": ACCOUNT}, "region": REGION},
        "resources": [{"uid": resource, "name": resource, "region": REGION, "labels": list(labels)}],
    }


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(name, "Ops")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "ops@example.org")
    monkeypatch.setattr("shutil.which", lambda name, *_: None)
    return tmp_path / "home"


@pytest.fixture
def report(aws, tmp_path):
    """Two buckets in the cloud, one with a password in its policy, and a report that quotes more of them."""
    condition = {"StringEquals": {"aws:Referer": f"password={REFERER}"}}
    make_bucket(
        aws, "partner-files", allow("*", "s3:GetObject", "arn:aws:s3:::partner-files/*", Condition=condition)
    )
    make_bucket(aws, "phi-records")
    environment = json.dumps({"Variables": {"DB_PASSWORD": LAMBDA, "STAGE": "prod"}})
    path = tmp_path / "report.json"
    rows = [
        row(CHECK, "arn:aws:s3:::partner-files", "no TLS", [f"API_TOKEN={TAG}"]),
        row(CHECK, "arn:aws:s3:::phi-records", "no TLS"),
        row(
            "awslambda_function_no_secrets_in_variables",
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:etl",
            f"Lambda function etl has {environment}",
        ),
        row("storage_public", f"https://phi.blob.core.windows.net/x?sv=2022&se=2030&sig={SAS}", "public"),
    ]
    path.write_text(json.dumps(rows))
    return path


def everything_below(folder: Path) -> bytes:
    """Every file's bytes, and what git keeps compressed."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            found.append(data)
            if path.parent.parent.name == "objects":
                found.append(zlib.decompress(data))
    return b"\n".join(found)


def test_no_file_and_no_screen_holds_a_planted_secret(home, report, tmp_path, capsys, monkeypatch):
    repo = tmp_path / "repo"
    repo.mkdir()
    subprocess.run(["git", "init", "-q", str(repo)], check=True)
    subprocess.run(["git", "-C", str(repo), "commit", "-q", "--allow-empty", "-m", "empty"], check=True)
    said = []

    def tool(*arguments, code=0):
        assert run([str(one) for one in arguments]) == code, capsys.readouterr()
        out = capsys.readouterr()
        said.append(out.out + out.err)
        return out.out

    tool("load", report)
    rows = json.loads(tool("findings", "--json"))
    assert len(rows) == 4
    for one in rows:
        tool("show", one["id"])
    path = tmp_path / "home" / "plans" / "all.json"
    tool("plan", "--all")
    tool("plan", "--all", "-o", path)
    tool("plan", path, "--json")
    plan = open_plan(path)
    assert {change.target.name for change in plan.blocked} == {"partner-files"}
    assert "no-secret-in-value" in tool("plan", path)
    tool("apply", path, "--yes", code=3)
    assert "Condition.StringEquals.aws:Referer" in said[-1]
    tool("apply", path, "--yes", "--skip-blocked")
    tool("patch", path, "--repo", repo, "--branch", "fix", code=4)
    history = json.loads(tool("history", "--json"))
    tool("history", history[0]["run"])
    tool("verify")
    tool("rollback", history[0]["run"], "--yes")
    tool("journal", "verify")

    def broken(*_):
        raise ZeroDivisionError(f"could not connect to postgres://etl:{BUG}@db/phi with password={BUG}")

    monkeypatch.setattr("hipaa_tui.triage.queue.Queue.rows", broken)
    tool("findings", code=1)
    kept = everything_below(home) + everything_below(repo) + "\n".join(said).encode()
    # What was looked through is what was written: the store, the plans, the log, the commit.
    for trace in (
        b"SQLite format 3",
        b'"no-secret-in-value"',
        b"ZeroDivisionError",
        b"aws_s3_bucket_policy",
        b"tree ",
    ):
        assert trace in kept
    for secret in SECRETS:
        assert secret.encode() not in kept
        assert secret.replace("%2B", "+").replace("%3D", "=").encode() not in kept


def test_a_row_from_which_a_secret_was_taken_is_the_same_finding(home, report, capsys):
    assert run(["load", str(report), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 4
    assert run(["load", str(report), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["new"], again["merged"]) == (0, 4)


def test_a_finding_that_was_redacted_is_marked_as_fixed_like_any_other(home, aws, report, capsys):
    from hipaa_tui.workbench import open_workbench

    desk = open_workbench()
    desk.load([report])
    (tagged,) = [one for one in desk.queue() if one.resource.endswith("partner-files")]
    assert TAG not in str(desk._queue.finding(tagged.id))
    assert desk._queue.finding(tagged.id).fingerprint == tagged.id
    from tests.aws.guards import do

    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": ["arn:aws:s3:::partner-files", "arn:aws:s3:::partner-files/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }  # fmt: skip
    do(aws, "s3", "PutBucketPolicy", Bucket="partner-files", Policy=json.dumps(policy))
    desk.plan(findings=[tagged.id])
    assert desk.finding(tagged.id).state == "fixed"
