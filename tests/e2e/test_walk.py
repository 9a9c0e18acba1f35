"""The whole walk as a script makes it: the contract of the README, on a live moto account."""

import json

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

GRANTS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Partner",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::phi-records/*",
        },
        {
            "Sid": "NoDelete",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:DeleteObject",
            "Resource": "arn:aws:s3:::phi-records/*",
        },
    ],
}
TLS = "aws.s3.tls-only"


@pytest.fixture
def account(aws, tmp_path, monkeypatch):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    aws.call(Call("aws", "s3", "CreateBucket", {"Bucket": "phi-records"}, REGION))
    policy = {"Bucket": "phi-records", "Policy": json.dumps(GRANTS, indent=4)}
    aws.call(Call("aws", "s3", "PutBucketPolicy", policy, REGION))
    return aws


@pytest.fixture
def say(capsys):
    def command(*arguments, code=0):
        capsys.readouterr()
        found = run([str(one) for one in arguments])
        said = capsys.readouterr()
        assert found == code, said.err + said.out[-2000:]
        return json.loads(said.out) if "--json" in arguments else said.out + said.err

    return command


def policy_of(account):
    return account.call(Call("aws", "s3", "GetBucketPolicy", {"Bucket": "phi-records"}, REGION))["Policy"]


def test_scan_plan_apply_verify_and_roll_back(account, say, tmp_path):
    scanned = say("scan", "--provider", "aws", "--json")
    assert scanned["problems"] == []
    (row,) = [row for row in say("findings", "--json") if row["check"] == TLS]
    assert (row["state"], row["playbook"], row["sources"]) == ("open", TLS, ["scan"])

    plan = say("plan", "--finding", row["id"], "-o", tmp_path / "plan.json", "--json")
    (change,) = plan["changes"]
    assert {"setting", "resource", "before", "after", "calls", "permissions", "guards", "reversible"} <= set(
        change
    )
    assert change["before"] == policy_of(account)
    assert [s["Sid"] for s in json.loads(change["after"])["Statement"]] == [
        "Partner",
        "NoDelete",
        "DenyInsecureTransport",
    ]
    assert change["permissions"] == ["s3:PutBucketPolicy"]
    assert change["calls"][0]["command"].startswith("aws s3api put-bucket-policy --bucket phi-records")
    assert say("plan", tmp_path / "plan.json", "--json") == plan

    before = policy_of(account)
    done = say("apply", tmp_path / "plan.json", "--yes", "--json")
    assert done["state"] == "done"
    assert done["changes"][0] | {"note": ""} == {
        "id": "c1", "setting": "aws.s3.bucket-policy", "resource": "arn:aws:s3:::phi-records",
        "state": "applied", "verified": True, "note": "",
    }  # fmt: skip
    assert len(json.loads(policy_of(account))["Statement"]) == 3
    assert say("findings", "--json", "--state", "fixed")[0]["id"] == row["id"]
    assert all(one["verified"] for one in say("verify", "--json")["verified"])

    back = say("rollback", done["run"], "--yes", "--json")
    assert back["state"] == "done"
    assert policy_of(account) == before, "word for word"
    assert say("show", row["id"], "--json")["state"] == "open"
    assert [r["kind"] for r in say("history", "--json")] == ["rollback", "apply"]
    assert say("history", done["run"], "--json")["rolled_back_by"] == back["run"]
    proof = say("journal", "verify", "--json")
    assert (proof["whole"], proof["faults"], proof["notes"]) == (True, [], ["compared with 2 signed heads"])


def test_a_plan_is_refused_once_the_live_state_is_another(account, say, tmp_path):
    say("scan", "--provider", "aws")
    say("plan", "--playbook", TLS, "-o", tmp_path / "plan.json")
    theirs = json.dumps({"Version": "2012-10-17", "Statement": GRANTS["Statement"][:1]})
    account.call(Call("aws", "s3", "PutBucketPolicy", {"Bucket": "phi-records", "Policy": theirs}, REGION))
    said = say("apply", tmp_path / "plan.json", "--yes", code=3)
    assert "the live configuration has changed since the plan was made" in said
    assert "NoDelete" in said
    assert policy_of(account) == theirs


def test_a_second_scan_finds_what_was_fixed_elsewhere(account, say, tmp_path):
    say("scan", "--provider", "aws")
    flags = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    arguments = {"Bucket": "phi-records", "PublicAccessBlockConfiguration": flags}
    account.call(Call("aws", "s3", "PutPublicAccessBlock", arguments, REGION))
    say("scan", "--provider", "aws")
    (row,) = [r for r in say("findings", "--json") if r["check"] == "aws.s3.public-access-block"]
    assert row["state"] == "fixed"


def test_a_report_and_our_scan_make_one_row_of_one_trouble(account, say, tmp_path):
    say("scan", "--provider", "aws")
    report = [
        {
            "metadata": {"event_code": "s3_bucket_secure_transport_policy", "product": {"name": "Prowler"}},
            "severity": "Medium", "status": "New", "status_code": "FAIL", "status_detail": "plain HTTP",
            "finding_info": {"title": "t", "uid": "u"}, "class_uid": 2004,
            "resources": [{"region": REGION, "name": "phi-records", "type": "AwsS3Bucket", "uid": "arn:aws:s3:::phi-records"}],
            "cloud": {"account": {"uid": "123456789012"}, "provider": "aws", "region": REGION}, "unmapped": {},
        }
    ]  # fmt: skip
    (tmp_path / "report.json").write_text(json.dumps(report))
    say("load", tmp_path / "report.json")
    rows = [row for row in say("findings", "--json") if row["playbook"] == TLS]
    assert [row["sources"] for row in rows] == [["prowler-ocsf", "scan"]]
    say("scan", "--provider", "aws")
    rows = [row for row in say("findings", "--json") if row["playbook"] == TLS]
    assert [row["sources"] for row in rows] == [["prowler-ocsf", "scan"]]


def test_an_answer_changes_the_plan_and_a_wrong_one_is_said(account, say, tmp_path):
    say("scan", "--provider", "aws")
    playbook = "aws.s3.access-logging"
    say("plan", "--playbook", playbook, "--set", "log_bucket=NOT A BUCKET", "-o", tmp_path / "p.json", code=2)
    say("plan", "--playbook", playbook, "--set", "nothing=1", "-o", tmp_path / "p.json", code=2)
    account.call(Call("aws", "s3", "CreateBucket", {"Bucket": "our-logs"}, REGION))
    plan = say(
        "plan", "--playbook", playbook, "--set", "log_bucket=our-logs", "-o", tmp_path / "p.json", "--json"
    )
    assert {c["resource"] for c in plan["changes"] if c["setting"] == "aws.s3.bucket"} == set()
    assert {
        c["after"]["TargetBucket"] for c in plan["changes"] if c["setting"] == "aws.s3.bucket-logging"
    } == {"our-logs"}


def test_a_key_is_made_once_for_many_buckets_and_stays_when_rolled_back(account, say, tmp_path):
    for name in ("phi-one", "phi-two"):
        account.call(Call("aws", "s3", "CreateBucket", {"Bucket": name}, REGION))
    say("scan", "--provider", "aws")
    playbook = "aws.s3.default-encryption"
    plan = say("plan", "--playbook", playbook, "-o", tmp_path / "plan.json", "--json")
    assert [c["setting"] for c in plan["changes"]].count("aws.kms.key") == 1
    say(
        "apply", tmp_path / "plan.json", "--yes", code=3
    )  # the partner who reads phi-records could not decrypt
    done = say("apply", tmp_path / "plan.json", "--yes", "--skip-blocked", "--json")
    assert done["state"] == "done"
    assert len(account.pages(Call("aws", "kms", "ListKeys", {}, REGION), "Keys")) == 1
    say("rollback", done["run"], "--yes", "--json")
    assert len(account.pages(Call("aws", "kms", "ListKeys", {}, REGION), "Keys")) == 1
    again = say("plan", "--playbook", playbook, "-o", tmp_path / "again.json", "--json")
    assert {c["setting"] for c in again["changes"]} == {"aws.s3.bucket-encryption"}, "the key is found again"


def test_nothing_is_written_in_read_only_mode(account, say, tmp_path):
    say("scan", "--provider", "aws", "--read-only")
    say("plan", "--playbook", TLS, "-o", tmp_path / "plan.json", "--read-only")
    before = policy_of(account)
    say("apply", tmp_path / "plan.json", "--yes", "--read-only", code=3)
    assert policy_of(account) == before
