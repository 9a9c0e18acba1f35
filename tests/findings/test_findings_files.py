"""A file that cannot be used is refused in one sentence that says what to do."""

from __future__ import annotations

import gzip
import json
import os

import pytest

from hipaa_tui.findings.load import load_file, load_files, recognise
from hipaa_tui.findings.readers import open_report
from hipaa_tui.support.errors import ExitCode, InputError

ROW = {"AwsAccountId": "1", "ProductArn": "x", "Compliance": {"Status": "PASSED"}}


def refusal(path) -> str:
    with pytest.raises(InputError) as caught:
        load_file(path)
    message = str(caught.value)
    assert message.isprintable()
    assert message.endswith(".")
    assert message.count(". ") == 0, "one sentence"
    assert caught.value.exit_code is ExitCode.USAGE
    return message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"[]", "empty list"),
        (b"{}", "no findings in a known format"),
        (b"[1, 2]", "no findings in a known format"),
        (b'"text"', "no findings in a known format"),
        (b"hello world\n", "no findings in a known format"),
        (b"a,b,c\n1,2,3\n", "no findings in a known format"),
        (b"PROVIDER;REQUIREMENTS_ID;STATUS\n", "report for a single framework"),
        (b'[{"finding_info": {"uid', "is truncated"),
        (b'[{"finding_info": {}},', "is truncated"),
        (b'{\n  "Findings": [\n    {}\n', "is not valid JSON: "),
        (b"[{'single': 1}]", "is not valid JSON: "),
        (b"\xff\xfe\x00\x00[\x00\x00\x00", "not UTF-8 text, nor UTF-16"),
        ("[é]".encode("latin-1"), "not UTF-8 text, nor UTF-16"),
        ("[1]".encode("utf-16-le"), "not UTF-8 text, nor UTF-16"),
        (b"\xff\xfe[\x00]\x00\x00\xd8", "not UTF-8 text, nor UTF-16"),
        (b"\x7fELF\x00\x01", "not UTF-8 text, nor UTF-16"),
        (gzip.compress(b"[]", mtime=0), "compressed (gzip)"),
        (b"PK\x03\x04rest", "compressed (zip)"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[" * 200_000 + b"]" * 200_000, "nested too deeply"),
        (b"[" + b"9" * 10_000 + b"]", "number too large"),
    ],
)
def test_unusable_content_is_refused(tmp_path, content, said):
    path = tmp_path / "export.json"
    path.write_bytes(content)
    message = refusal(path)
    assert said in message
    assert str(path) in message


def test_a_folder_is_refused(tmp_path):
    assert "is a folder" in refusal(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    assert "does not exist" in refusal(tmp_path / "nowhere")


def test_a_path_that_cannot_be_is_refused(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "a\0b")
    assert "cannot be read" in refusal(tmp_path / ("n" * 300))


def test_a_path_with_escape_sequences_is_shown_without_them(tmp_path):
    assert "\x1b" not in refusal(tmp_path / "\x1b[2Jgone")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path / "pipe")


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "secret"
    path.write_text("[]")

    def denied(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", denied)
    assert "permission denied" in refusal(path)


def test_a_file_beyond_a_gibibyte_is_refused_unread(tmp_path):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(open_report.MAX_BYTES + 1)
    assert "larger than 1 GiB" in refusal(path)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "growing"
    path.write_text("[1, 2, 3]")
    monkeypatch.setattr(open_report, "MAX_BYTES", 4)
    assert "larger than 1 GiB" in refusal(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_say_what_they_are_are_read(tmp_path, encoding):
    path = tmp_path / "prowler.csv"  # the name says nothing
    path.write_bytes(json.dumps([ROW]).encode(encoding))
    assert recognise(path).FORMAT == "asff"
    assert dict(load_file(path).skipped) == {"pass": 1}


def test_one_strange_row_does_not_hide_the_format(tmp_path):
    path = tmp_path / "export"
    path.write_text(json.dumps(["strange", {}, ROW]))
    loaded = load_file(path)
    assert loaded.format == "asff"
    assert (loaded.read, loaded.bad[0].where) == (3, "row 1")


def test_a_deep_line_is_a_bad_row_only(tmp_path):
    path = tmp_path / "export"
    path.write_text(f"{json.dumps(ROW)}\n{'[' * 100_000}\n{json.dumps(ROW)}")
    loaded = load_file(path)
    assert [bad.where for bad in loaded.bad] == ["line 2"]


def test_one_unusable_file_stops_the_loading_of_several(tmp_path):
    good = tmp_path / "good"
    good.write_text(json.dumps([ROW]))
    with pytest.raises(InputError):
        load_files([good, tmp_path / "missing"])
    assert load_files([]) == []
