"""No check of a HIPAA audit that has a playbook may lose it, and the command says how far the catalogue is."""

import json

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.playbooks.coverage import SOURCES, coverage
from hipaa_tui.playbooks.load import load

COVERED = {
    ("prowler", "aws"): 95,
    ("prowler", "azure"): 17,
    ("config", "aws"): 130,
    ("securityhub", "aws"): 110,
}
"""How many checks have a playbook. It only ever grows: whoever adds one raises the number."""
ALL = {("prowler", "aws"): 95, ("prowler", "azure"): 128, ("config", "aws"): 130, ("securityhub", "aws"): 110}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(("source", "provider"), COVERED)
def test_a_check_that_has_a_playbook_keeps_it(source, provider):
    rows = [row for row in coverage(load(), source) if row.provider == provider]
    assert len(rows) == len({row.check for row in rows}) == ALL[source, provider]
    assert sum(row.kind != "none" for row in rows) == COVERED[source, provider]


def test_automatic_and_guided_are_told_apart(capsys):
    assert run(["playbooks", "coverage", "--source", "prowler", "--json"]) == 0
    rows = {row["check"]: row for row in json.loads(capsys.readouterr().out)["prowler"]}
    assert rows["s3_bucket_secure_transport_policy"]["kind"] == "automatic"
    assert rows["iam_root_mfa_enabled"]["kind"] == "guided"
    assert rows["iam_root_mfa_enabled"]["playbook"] == "operations.iam.root-mfa"


def test_the_table_ends_with_the_sum(capsys):
    assert run(["playbooks", "coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    sums = [line for line in lines if "checks covered" in line]
    assert [line.split(":")[0] for line in sums] == [f"{source} on {provider}" for source, provider in ALL]
    assert set(SOURCES) == {source for source, _ in ALL}
