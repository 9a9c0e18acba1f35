"""No file can crash the loading, hold it up, or be half believed: one clear sentence, or every row counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hipaa_tui.cli.main import run
from tests.hostile.hostile_corpus import (
    ACCOUNT,
    TEXTS,
    UNUSABLE,
    asff,
    csv_file,
    csv_row,
    forbidden,
    mixed_json,
    ocsf,
)

SECONDS = 60


pytestmark = pytest.mark.usefixtures("home", "few_playbooks")


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refused(capsys, path):
    """The sentence; there is only one, it is clean, and nothing was kept."""
    assert run(["load", str(path)]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.count("\n") == 1
    assert forbidden(out.err) == []
    assert out.err.startswith("hipaa-tui: ")
    assert len(out.err) < 700
    assert run(["findings", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    return out.err


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_file_that_is_no_report_is_refused_in_one_sentence(capsys, tmp_path, what):
    path = tmp_path / "report.json"
    path.write_bytes(UNUSABLE[what])
    assert str(path) in refused(capsys, path)


def test_good_rows_among_wrong_ones_are_kept_and_all_are_counted(capsys, tmp_path):
    content, good = mixed_json()
    path = tmp_path / "mixed.json"
    path.write_bytes(content)
    assert run(["load", str(path), "--json"]) == 0
    loaded = json.loads(capsys.readouterr().out)
    assert loaded["new"] == good
    assert loaded["bad"] == loaded["read"] - good > 15
    assert run(["load", str(path)]) == 0
    said = capsys.readouterr().out
    assert forbidden(said) == []
    assert "row 2 ignored" in said


@pytest.mark.parametrize("kind", ["ocsf", "ocsf lines", "asff", "csv"])
def test_every_hostile_text_is_loaded_and_shown_harmlessly(capsys, tmp_path, kind):
    path = tmp_path / "report"
    rows = [
        (asff if kind == "asff" else ocsf)(
            text, **({"GeneratorId": f"check-{n}", "Compliance": {"Status": "FAILED"}} if kind == "asff" else {}),
            **({"metadata": {"event_code": f"check_{n}"}} if kind.startswith("ocsf") else {}),
        )
        for n, text in enumerate(TEXTS.values())
    ]  # fmt: skip
    if kind == "csv":
        cells = [csv_row(t.replace("\0", ""), CHECK_ID=f"check_{n}") for n, t in enumerate(TEXTS.values())]
        path.write_bytes(csv_file(*cells).encode("utf-8", "replace"))
    elif kind == "ocsf lines":
        path.write_text("\n".join(json.dumps(row) for row in rows))
    else:
        path.write_text(json.dumps({"Findings": rows} if kind == "asff" else rows))
    assert run(["load", str(path)]) == 0
    assert run(["findings"]) == 0
    shown = capsys.readouterr()
    assert forbidden(shown.out + shown.err) == []
    assert run(["findings", "--json"]) == 0
    text = capsys.readouterr().out
    assert forbidden(text) == []
    found = json.loads(text)
    assert len(found) == len(TEXTS)
    for row in found:
        assert run(["show", row["id"]]) == 0
        assert run(["show", row["id"], "--json"]) == 0
        shown = capsys.readouterr()
        assert forbidden(shown.out + shown.err) == []
        assert len(shown.out) < 20_000
    assert any("{{ 7*7 }}" in row["title"] for row in found), "text from a report is never a template"
    assert files_in(tmp_path)[0] == "home"
    assert {one.split("/")[0] for one in files_in(tmp_path)} == {"home", "report"}


@pytest.mark.parametrize(
    "content",
    [
        csv_file(csv_row("x" * 1_000_000)),
        csv_file(csv_row(), '"unbalanced;quotes', csv_row(CHECK_ID="other")),
        csv_file(csv_row(), csv_row(REGION="\x1b[2J")),
        csv_file(csv_row(), ";" * 100_000),
        csv_file(csv_row(), "aws;" + "\x1b[31m;" * 10),
        csv_file(*(csv_row(RESOURCE_TAGS=" | ".join(["a=b"] * 10_000)) for _ in range(3))),
        csv_file(csv_row()).replace("\n", "\r\n"),
        csv_file(csv_row()).replace("\n", "\r"),
    ],
    ids=["1 MB cell", "unbalanced", "escape in a region", "100,000 cells", "cells", "tags", "CRLF", "CR"],
)
def test_odd_tables_are_loaded_row_by_row(capsys, tmp_path, content):
    path = tmp_path / "prowler.csv"
    path.write_text(content, newline="")
    code = run(["load", str(path), "--json"])
    out = capsys.readouterr()
    assert forbidden(out.out + out.err) == []
    if code == 2:
        assert out.err.count("\n") == 1
        assert "\r" in content
        return
    loaded = json.loads(out.out)
    assert loaded["new"] >= 1
    assert loaded["read"] == loaded["bad"] + loaded["new"] + loaded["merged"]


def test_places_that_are_no_files(capsys, tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(tmp_path / "pool")
    (tmp_path / "pool").symlink_to(loop)
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder.json").mkdir()
    for name in ("loop", "gone", "pipe", "folder.json", "nothing", "x" * 300, "a\x1b[2Jb\nc"):
        refused(capsys, tmp_path / name)
    for device in ("/dev/zero", "/dev/full", "/dev/null", "/proc/self/mem"):
        refused(capsys, device)
    refused(capsys, "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(capsys, tmp_path):
    path = tmp_path / "secret.json"
    path.write_text("[]")
    path.chmod(0)
    assert "permission denied" in refused(capsys, path)


def test_a_pipe_and_an_endless_file_hold_nothing_up(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        done = subprocess.run(
            [sys.executable, "-m", "hipaa_tui", "load", str(path)],
            capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 2
        assert b"not a regular file" in done.stderr


def test_the_good_file_of_several_is_not_loaded_alone(capsys, tmp_path):
    good = tmp_path / "good.json"
    good.write_text(json.dumps([ocsf()]))
    bad = tmp_path / "bad.json"
    bad.write_bytes(b"[" * 1000)
    assert run(["load", str(good), str(bad)]) == 2
    assert str(bad) in capsys.readouterr().err
    assert run(["findings", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.sampled_from(list(TEXTS.values())[:20]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
PLACES = st.sampled_from(
    ["metadata", "status_code", "status_detail", "severity", "finding_info", "cloud", "resources", "message", "status"]
)  # fmt: skip


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.dictionaries(PLACES, ANYTHING, max_size=3), min_size=1, max_size=3))
def test_anything_anywhere_in_a_row_is_counted_and_shown(capsys, tmp_path, rows):
    path = tmp_path / "any.json"
    path.write_text(json.dumps([ocsf(), *(ocsf(**row) for row in rows)]))
    assert run(["load", str(path), "--json"]) == 0
    loaded = json.loads(capsys.readouterr().out)
    assert loaded["read"] >= 1 + len(rows)
    assert run(["findings"]) == 0
    assert run(["findings", "--json"]) == 0
    shown = capsys.readouterr()
    assert forbidden(shown.out + shown.err) == []


def test_an_identity_with_hidden_characters_is_a_bad_row_and_never_another_resource(capsys, tmp_path):
    path = tmp_path / "report.json"
    resource = {"uid": "arn:aws:s3:::phi\u200b-records", "region": "us-east-1"}
    path.write_text(json.dumps([ocsf(resources=[resource]), ocsf()]))
    assert run(["load", str(path), "--json"]) == 0
    loaded = json.loads(capsys.readouterr().out)
    assert (loaded["new"], loaded["bad"]) == (1, 1)
    assert ACCOUNT not in loaded["files"][0]["bad"][0]["reason"]
