"""What the credentials do not reach, and what is gone, is never taken for fixed."""

import json

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.reach import Reach
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type
from tests.aws.server import ACCOUNT, REGION

THEIRS = "999900001111"
BUCKET = "AWS::S3::Bucket"


def row(check, uid, account=ACCOUNT, type="AwsS3Bucket"):
    """A failed row of Prowler's OCSF, with what the reader needs."""
    return {
        "metadata": {"event_code": check, "product": {"name": "Prowler", "version": "5.46.0"}},
        "severity": "Critical",
        "severity_id": 5,
        "status": "New",
        "status_code": "FAIL",
        "status_detail": "it fails",
        "finding_info": {"title": check, "uid": f"{check}-{uid}", "desc": "", "created_time": 1795384066},
        "resources": [{"uid": uid, "name": uid.rpartition(":")[2], "type": type, "region": REGION}],
        "class_uid": 2004,
        "cloud": {"provider": "aws", "region": REGION, "account": {"uid": account}},
        "unmapped": {},
    }


@pytest.fixture
def shell(aws, tmp_path, monkeypatch, capsys):
    """The command line on a home of its own; what it prints with --json."""
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))

    def said(*arguments):
        capsys.readouterr()
        assert run([*map(str, arguments), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    def loaded(*rows):
        path = tmp_path / "report.ocsf.json"
        path.write_text(json.dumps(rows))
        said("load", path)

    said.load = loaded
    said.states = lambda: {row["resource"].rpartition(":")[2]: row["state"] for row in said("findings")}
    said.plan = lambda *more: said("plan", "--all", "-o", tmp_path / "plan.json", *more)
    return said


def snapshot(name, account):
    arn = f"arn:aws:rds:{REGION}:{account}:snapshot:{name}"
    return row("rds_snapshots_public_access", arn, account, "AwsRdsDbSnapshot")


def test_findings_of_an_account_that_is_not_reached_are_not_fixed(shell):
    shell.load(snapshot("theirs", THEIRS))
    plan = shell.plan()
    assert plan["changes"] == []
    (skipped,) = plan["skipped"]
    assert skipped["kind"] == "not reached"
    assert THEIRS in skipped["reason"]
    assert ACCOUNT in skipped["reason"]
    assert shell.states() == {"theirs": "not reached"}
    assert shell("evidence", shell("findings")[0]["id"])["evidence"] == []


def test_a_finding_that_was_not_reached_is_planned_again_and_is_no_longer_that_once_it_is_reached(
    shell, monkeypatch
):
    shell.load(snapshot("ours", ACCOUNT))
    with monkeypatch.context() as other:
        other.setattr(Reach, "refusal", lambda self, provider, account: "not reached: other credentials")
        shell.plan()
    assert shell.states() == {"ours": "not reached"}
    shell.plan()
    assert shell.states() == {"ours": "gone"}, "it was looked at this time"


def test_a_resource_that_its_account_does_not_list_any_more_is_gone_and_not_fixed(shell, aws):
    shell.load(snapshot("deleted", ACCOUNT), snapshot("private", ACCOUNT))
    database = {
        "DBInstanceIdentifier": "db",
        "DBInstanceClass": "db.t3.micro",
        "Engine": "mysql",
        "AllocatedStorage": 5,
        "MasterUsername": "admin",
        "MasterUserPassword": "not-a-secret",
    }
    aws.call(Call("aws", "rds", "CreateDBInstance", database, REGION))
    made = {"DBInstanceIdentifier": "db", "DBSnapshotIdentifier": "private"}
    aws.call(Call("aws", "rds", "CreateDBSnapshot", made, REGION))
    shell.plan()
    assert shell.states() == {"deleted": "gone", "private": "fixed"}


def test_a_read_only_plan_marks_nothing(shell, tmp_path):
    shell.load(snapshot("deleted", ACCOUNT), snapshot("theirs", THEIRS))
    shell("--read-only", "plan", "--all", "-o", tmp_path / "plan.json")
    assert set(shell.states().values()) == {"open"}


class Unread:
    """Says whose credentials these are, and fails the test when anything else is asked."""

    def __init__(self, real):
        self._real = real

    def caller(self):
        return self._real.caller()

    def __getattr__(self, name):
        raise AssertionError(f"{name} was asked of an account that is not reached")


def test_nothing_is_read_before_it_is_asked_whose_account_it_is(aws):
    target = resource_type(BUCKET).target("arn:aws:s3:::theirs", THEIRS, REGION)
    wish = FixRequest(load().get("aws.s3.tls-only"), target, ("f1",))
    (skipped,) = make_plan([wish], {"aws": Unread(aws)}, {}).skipped
    assert skipped.kind == "not reached"


class Unknown:
    def caller(self):
        raise CloudError("ExpiredToken", "the security token is expired")


def test_unknown_credentials_reach_nothing():
    assert "expired" in Reach({"aws": Unknown()}).refusal("aws", ACCOUNT)


def test_a_row_without_an_account_reaches_nothing(aws):
    assert "names no account" in Reach({"aws": aws}).refusal("aws", "")


def test_a_fix_that_an_earlier_change_of_the_plan_brings_is_not_fixed_before_it_is_applied(aws):
    """Two playbooks over one setting: the second complies only once the first is applied."""
    aws.call(Call("aws", "s3", "CreateBucket", {"Bucket": "phi"}, REGION))
    target = resource_type(BUCKET).target("arn:aws:s3:::phi", ACCOUNT, REGION)
    first, second = (
        FixRequest(load().get("aws.s3.public-access-block"), target, (id,)) for id in ("f1", "f2")
    )
    plan = make_plan([first, second], {"aws": aws}, {})
    (skipped,) = plan.skipped
    assert (skipped.subject, skipped.kind) == ("f2", "")
