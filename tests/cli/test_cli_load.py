"""Loading reports from the shell: the contract's counts, and one clear sentence for what is no report."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from hipaa_tui.cli.main import run
from tests.patches.code_reports import checkov, checkov_row

REPORTS = Path(__file__).parent.parent / "data" / "prowler"
AWS = [REPORTS / f"prowler.{kind}" for kind in ("ocsf.json", "csv", "asff.json")]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def as_json(capsys, *arguments):
    assert run([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("report", AWS, ids=lambda path: path.name)
def test_each_format_gives_the_same_87_failed_findings(capsys, report):
    loaded = as_json(capsys, "load", report)
    assert (loaded["new"], loaded["merged"], loaded["bad"]) == (87, 0, 0)
    assert len(as_json(capsys, "findings")) == 87


def test_three_formats_of_one_scan_are_merged(capsys):
    loaded = as_json(capsys, "load", *AWS)
    assert (loaded["read"], loaded["new"], loaded["merged"]) == (115 + 115 + 113, 87, 174)
    assert [file["format"] for file in loaded["files"]] == ["prowler-ocsf", "prowler-csv", "asff"]
    found = as_json(capsys, "findings")
    assert {tuple(row["sources"]) for row in found} == {("prowler-ocsf", "prowler-csv", "asff")}


def test_files_loaded_one_after_the_other_are_merged_too(capsys):
    ids = []
    for report in AWS:
        as_json(capsys, "load", report)
        ids.append([row["id"] for row in as_json(capsys, "findings")])
    assert ids[0] == ids[1] == ids[2]


def test_a_finding_has_the_fields_of_the_contract(capsys):
    as_json(capsys, "load", AWS[0])
    row = as_json(capsys, "findings")[0]
    assert {
        "id", "check", "sources", "title", "provider", "account", "region", "resource", "severity",
        "priority", "controls", "playbook", "state",
    } <= set(row)  # fmt: skip
    assert row["state"] == "open"
    assert all(control.startswith("164.") for control in row["controls"])


def test_the_most_urgent_comes_first_and_words_narrow_the_list(capsys):
    as_json(capsys, "load", AWS[0])
    rows = as_json(capsys, "findings")
    assert [row["priority"] for row in rows] == sorted((row["priority"] for row in rows), reverse=True)
    narrowed = as_json(capsys, "findings", "phi-records", "critical")
    assert narrowed
    assert all("phi-records" in row["resource"] and row["severity"] == "critical" for row in narrowed)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1, 2",
        b"\x00\x01\x02",
        b"hello",
        b"[" * 100_000,
        b"a;b\n1;2\n",
        b"\xff\xfe\x00",
        b'{"a": 1}',
    ],
)
def test_what_is_no_report_ends_in_one_sentence_and_exit_code_2(capsys, tmp_path, home, content):
    path = tmp_path / "report.json"
    path.write_bytes(content)
    assert run(["load", str(AWS[0]), str(path)]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "report.json" in said.err
    assert "Traceback" not in said.err
    assert as_json(capsys, "findings") == []


def test_a_folder_and_a_missing_file_are_said(capsys, tmp_path):
    for path in (tmp_path, tmp_path / "gone.json"):
        assert run(["load", str(path)]) == 2
        assert str(path) in capsys.readouterr().err


def test_the_good_rows_of_a_mixed_file_are_kept(capsys, tmp_path):
    rows = json.loads(AWS[0].read_text())
    rows[3] = {"metadata": {"event_code": 7}}
    rows[4] = "row"
    path = tmp_path / "mixed.json"
    path.write_text(json.dumps(rows))
    loaded = as_json(capsys, "load", path)
    assert loaded["bad"] == 2
    assert loaded["read"] == 115
    assert loaded["files"][0]["bad"][0]["where"] == "row 4"


def test_escape_sequences_of_a_report_never_reach_the_terminal(capsys, tmp_path):
    rows = json.loads(AWS[0].read_text())[:40]
    for row in rows:
        row["finding_info"]["title"] = "\x1b[31mred\x1b]0;title\x07 [bold]x[/] \u202e\u0000"
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(rows))
    assert run(["load", str(path)]) == 0
    assert run(["findings"]) == 0
    said = capsys.readouterr()
    assert "red" in said.out
    assert not {"\x1b", "\x07", "\u202e", "\x00"} & set(said.out + said.err)


CODE = 'provider "aws" {\n  region = "eu-west-1"\n}\nresource "aws_sqs_queue" "q" {\n  name = "intake"\n}\n'


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A repository with one queue in it, and Checkov's word on it and on one that is gone."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "main.tf").write_text(CODE)
    who = ("-c", "user.name=Ops", "-c", "user.email=ops@example.org")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "-m", "state")):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    rows = [
        checkov_row("CKV_AWS_27", resource=f"aws_sqs_queue.{name}", file_abs_path=None)
        for name in ("q", "gone")
    ]
    report = tmp_path / "checkov.json"
    report.write_text(json.dumps(checkov(*rows)))
    return report, folder


def test_a_report_of_code_says_what_was_located_and_what_not(capsys, code):
    report, folder = code
    loaded = as_json(capsys, "load", report, "--repo", folder, "--account", "123456789012")
    assert (loaded["read"], loaded["new"], loaded["located"], loaded["unlocated"]) == (2, 1, 1, 1)
    (lost,) = loaded["files"][0]["unlocated"]
    assert lost["place"] == "/main.tf:4 (aws_sqs_queue.gone)"
    assert "not aws_sqs_queue.gone" in lost["reason"]
    (row,) = as_json(capsys, "findings")
    assert (row["resource"], row["sources"]) == ("arn:aws:sqs:eu-west-1:123456789012:intake", ["checkov"])


def test_for_people_each_reason_stands_once(capsys, code):
    report, folder = code
    assert run(["load", str(report), "--repo", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "--account" in said
    assert "0 rows about code were mapped to cloud resources, 2 were not" in said


def test_a_report_of_code_without_a_repository_is_refused_with_what_to_do(capsys, code):
    report, _ = code
    assert run(["load", str(report)]) == 2
    assert "--repo DIR" in capsys.readouterr().err
    assert run(["load", str(report), "--var-file", "prod.tfvars"]) == 2
    assert run(["load", str(report), "--repo", str(report.parent / "nowhere")]) == 2
    assert as_json(capsys, "findings") == []


def test_the_folder_of_config_toml_is_enough(capsys, code, home):
    report, folder = code
    home.mkdir()
    (home / "config.toml").write_text(f'[[terraform]]\nfolder = "{folder}"\naccounts = ["123456789012"]\n')
    assert as_json(capsys, "load", report)["located"] == 1


def test_a_report_of_a_cloud_needs_no_repository_and_refuses_none_that_is_not_there(capsys, tmp_path):
    assert run(["load", str(AWS[0]), "--repo", str(tmp_path / "nowhere")]) == 2
    assert as_json(capsys, "load", AWS[0])["located"] == 0
