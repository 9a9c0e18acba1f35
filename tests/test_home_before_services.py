"""A home of a version in which services had no folders of their own: its findings, runs and plans go on working.

tests/data/home_before_services was made by that version with the commands of the README: a report loaded, two
accounts scanned, a run on S3 that is done, one on Azure that was killed while it wrote, a plan that waits, approved by
a colleague, an exception and the evidence of one step. The key in it signs nothing else.
"""

import json
import shutil
from pathlib import Path

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.server import ACCOUNT, REGION
from tests.azure.server import ACCOUNT as AZURE_ACCOUNT
from tests.azure.server import HTTPS, azure, storage_account
from tests.azure.server import target as azure_target

EARLIER = Path(__file__).parent / "data" / "home_before_services"
DONE, KILLED = "20261201-033831", "20261201-033834"


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    shutil.copytree(EARLIER, folder)
    folder.chmod(0o700)
    for path in folder.iterdir():
        path.chmod(0o600)
    monkeypatch.setenv("HIPAA_TUI_HOME", str(folder))
    return folder


@pytest.fixture
def hipaa_tui(capsys):
    def said(*arguments, code=0):
        assert run([*arguments, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return said


@pytest.fixture
def bucket(aws, monkeypatch):
    """The account as the earlier version left it: one bucket that it fixed, one that it only planned."""
    monkeypatch.setenv("AWS_REGION", REGION)

    def do(operation, **arguments):
        return aws.call(Call("aws", "s3", operation, arguments, REGION))

    applied = json.loads((EARLIER / "applied.json").read_text())
    for name in ("phi-records", "phi-images"):
        do("CreateBucket", Bucket=name)
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Team",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "s3:*",
                    "Resource": f"arn:aws:s3:::{name}/*",
                }
            ],
        }
        do("PutBucketPolicy", Bucket=name, Policy=json.dumps(policy, indent=3))
    for change in applied["changes"]:
        for call in change["calls"]:
            aws.call(Call("aws", call["service"], call["operation"], call["arguments"], REGION))

    def value(of, name="phi-records"):
        target = resource_type("AWS::S3::Bucket").target(f"arn:aws:s3:::{name}", ACCOUNT, REGION)
        return setting(of).read(aws, target).value

    return value


def test_its_findings_keep_their_states_exceptions_and_evidence(home, hipaa_tui):
    rows = hipaa_tui("findings")
    by = {(row["resource"].rpartition(":")[2], row["playbook"]): row["state"] for row in rows}
    assert by["phi-records", "aws.s3.tls-only"] == "fixed"
    assert by["phi-images", "aws.s3.tls-only"] == "open"
    assert by["phi-images", "aws.s3.public-access-block"] == "excepted"
    (guided,) = {row["id"] for row in rows if row["id"].startswith("a0eae717c2f1")}
    assert hipaa_tui("evidence", guided)["evidence"][0]["text"] == (
        "Two FIDO2 keys registered, serials in the safe"
    )


def test_its_journal_is_whole_and_its_runs_are_told_apart(home, hipaa_tui):
    assert hipaa_tui("journal", "verify")["whole"]
    states = {row["run"][:15]: row["state"] for row in hipaa_tui("history")}
    assert states == {DONE: "done", KILLED: "interrupted"}


def test_a_run_of_it_is_rolled_back_to_the_very_text_of_before(home, hipaa_tui, bucket):
    assert "DenyInsecureTransport" in bucket("aws.s3.bucket-policy")
    assert hipaa_tui("rollback", DONE, "--yes")["state"] == "done"
    assert bucket("aws.s3.bucket-policy").startswith('{\n   "Version": "2012-10-17"')
    assert bucket("aws.s3.public-access-block") is None


def test_a_plan_file_of_it_is_shown_approved_and_applied(home, hipaa_tui, bucket):
    plan = home / "waiting.json"
    assert hipaa_tui("plan", str(plan))["changes"][0]["setting"] == "aws.s3.bucket-policy"
    assert hipaa_tui("approvals", str(plan))
    assert hipaa_tui("apply", str(plan), "--yes")["state"] == "done"
    assert "DenyInsecureTransport" in bucket("aws.s3.bucket-policy", "phi-images")


def test_a_run_of_it_that_was_killed_is_resumed(home, hipaa_tui, monkeypatch):
    with azure(storage_account()) as cloud:
        monkeypatch.setenv("HIPAA_TUI_ARM_ENDPOINT", cloud.endpoint.url)
        assert hipaa_tui("resume", KILLED, "--yes")["state"] == "done"
        found = setting("azure.storage.transport").read(cloud, azure_target(AZURE_ACCOUNT))
        assert found.value == HTTPS
