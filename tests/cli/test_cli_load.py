"""Loading reports from the shell: the contract's counts, and one clear sentence for what is no report."""

import json
from pathlib import Path

import pytest

from hipaa_tui.cli.main import run

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
