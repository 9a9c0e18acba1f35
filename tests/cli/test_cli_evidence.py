"""What a person did by a guided playbook goes on record, step by step, and the finding says how far it is."""

import hashlib
import json

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.playbooks.load import load
from hipaa_tui.support.config import Home
from hipaa_tui.workbench import Workbench
from tests.tui.driving import opened, press, said, seen, type_text

STEPS = len(load().get("operations.iam.root-mfa").steps)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def finding(home, tmp_path, capsys):
    """The id of an open finding whose playbook is for a person."""
    report = tmp_path / "report.json"
    row = {
        "metadata": {"event_code": "iam_root_mfa_enabled"},
        "status_code": "FAIL",
        "severity": "Critical",
        "finding_info": {"title": "MFA for root"},
        "cloud": {"provider": "aws", "account": {"uid": "123456789012"}, "region": "us-east-1"},
        "resources": [{"uid": "arn:aws:iam::123456789012:root", "name": "root", "region": "us-east-1"}],
    }
    report.write_text(json.dumps([row]))
    assert run(["load", str(report)]) == 0
    return as_json(capsys, "findings")[0]["id"]


def as_json(capsys, *arguments, code=0):
    capsys.readouterr()
    assert run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def prove(capsys, finding, step, *more):
    return as_json(capsys, "evidence", finding, "--step", str(step), "--note", f"done {step}", *more)


def test_every_step_proven_is_attested_and_never_called_fixed(capsys, finding):
    assert as_json(capsys, "evidence", finding)["missing"] == list(range(1, STEPS + 1))
    for step in range(1, STEPS):
        now = prove(capsys, finding, step)
        assert (now["state"], len(now["missing"])) == ("open", STEPS - step)
    assert prove(capsys, finding, STEPS)["state"] == "attested"
    assert as_json(capsys, "findings", "--state", "attested")[0]["id"] == finding
    assert run(["journal", "verify"]) == 0


def test_the_files_hash_is_kept_and_the_file_is_not(capsys, finding, home, tmp_path):
    proof = tmp_path / "mfa.png"
    proof.write_bytes(b"a picture of the device")
    (one,) = prove(capsys, finding, 1, "--file", str(proof))["evidence"]
    assert (one["file"], one["size"]) == ("mfa.png", 23)
    assert one["sha256"] == hashlib.sha256(proof.read_bytes()).hexdigest()
    assert all(b"a picture" not in path.read_bytes() for path in home.rglob("*") if path.is_file())
    capsys.readouterr()
    assert run(["evidence", finding]) == 0
    out = capsys.readouterr().out
    assert "mfa.png, 23 bytes, SHA-256" in out
    assert "evidence is missing for steps" in out.lower()


def test_a_secret_in_a_note_is_not_kept(capsys, finding):
    now = as_json(capsys, "evidence", finding, "--step", "1", "--note", "set password=Hunter2Hunter2 on it")
    assert "Hunter2" not in json.dumps(now)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--step", "0", "--note", "x"], "no step 0"),
        (["--step", "99", "--note", "x"], "no step 99"),
        (["--step", "1", "--note", "  "], "the note is empty"),
        (["--step", "1"], "--step N --note TEXT"),
        (["--note", "x"], "--step N --note TEXT"),
        (["--step", "1", "--note", "x", "--file", "not-there.pdf"], "no such file"),
        (["--step", "1", "--note", "x", "--file", "/dev/zero"], "no such file"),
    ],
)
def test_what_proves_nothing_is_refused_in_one_sentence(capsys, finding, more, sentence):
    capsys.readouterr()
    assert run(["evidence", finding, *more]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert as_json(capsys, "evidence", finding)["evidence"] == []


def test_what_complied_when_a_plan_looked_is_kept_as_evidence(capsys, home, aws, tmp_path):
    from tests.aws.guards import do, make_bucket

    make_bucket(aws, "phi-records")
    assert run(["scan", "--provider", "aws", "--playbook", "aws.s3.versioning"]) == 0
    (row,) = as_json(capsys, "findings")
    do(aws, "s3", "PutBucketVersioning", Bucket="phi-records", VersioningConfiguration={"Status": "Enabled"})
    assert run(["plan", "--all", "-o", str(tmp_path / "plan.json")]) == 0
    now = as_json(capsys, "evidence", row["id"])
    assert (now["state"], [one["step"] for one in now["evidence"]]) == ("fixed", [0])
    assert "already complied" in now["evidence"][0]["text"]
    capsys.readouterr()
    assert run(["evidence", row["id"], "--step", "1", "--note", "x"]) == 2
    assert "is not a guided finding" in capsys.readouterr().err


async def test_the_screen_shows_the_evidence_and_records_more(finding, home):
    bench = Workbench(Home(home))
    async with opened(bench, "enter", size=(120, 50)) as (app, pilot):
        await press(pilot, "v")
        assert "Record evidence" in said(app)
        await type_text(pilot, "registered two keys, ticket 42")
        await press(pilot, "enter", "enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "registered two keys, ticket 42" in seen(app)
        await press(pilot, "v")
        assert app.screen.query_one("#prove-step").value == "2"
        await press(pilot, "enter", "enter")
        assert "Enter what was done" in said(app)
    assert [one.text for one in bench.evidence.of(finding).evidence] == ["registered two keys, ticket 42"]
