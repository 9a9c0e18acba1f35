"""A config, a plan file or a home folder from anybody: one clear sentence and exit code 2, and nothing is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hipaa_tui.cli.main import run
from hipaa_tui.plans.model import save
from tests.hostile.hostile_corpus import TEXTS, forbidden
from tests.runs.plans import change, plan

pytestmark = pytest.mark.usefixtures("home", "few_playbooks")


def refused(capsys, *arguments, codes=(2,)):
    code = run([str(one) for one in arguments])
    out = capsys.readouterr()
    assert code in codes, out.err
    assert out.out == ""
    assert out.err.count("\n") == 1
    assert forbidden(out.err) == []
    assert len(out.err) < 5_000
    return out.err


CONFIGS = {
    "not TOML": b"= 1",
    "binary": b"\x00\x01\xff",
    "UTF-16": "read_only = true".encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbfread_only = true",
    "latin-1": 'profile = "Zürich"'.encode("latin-1"),
    "depth": b"keys = " + b"[" * 50_000,
    "depth of tables": b"keys = " + b"{a=" * 20_000,
    "depth of dots": b"a" + b".a" * 50_000 + b" = 1",
    "a huge number": b"read_only = " + b"9" * 10_000,
    "unknown": b"evil = 1",
    "unknown with escapes": b'"\\u001b[2J" = 1',
    "a wrong type": b"read_only = 'yes'",
    "a number for a profile": b"profile = 5",
    "a table in a list": b"playbooks = [{a = 1}]",
    "numbers in a list": b"playbooks = [1]",
    "a NUL in a path": b'playbooks = ["a\\u0000b"]',
    "a folder that is not there": b'playbooks = ["../../../nowhere"]',
    "a file for a folder": b'playbooks = ["/etc/passwd"]',
    "a device for a folder": b'playbooks = ["/dev/zero"]',
    "a path of 1 MB": b'playbooks = ["' + b"x" * 1_000_000 + b'"]',
    "a home of nobody": b'playbooks = ["~nobody-like-this/x"]',
    "a store that is none": b'store = "\\u001b[2J"',
    "another protocol": b'store = "file:///etc/passwd"',
}


@pytest.mark.parametrize("what", CONFIGS)
def test_a_hostile_config_is_one_sentence(capsys, home, what):
    home.mkdir()
    (home / "config.toml").write_bytes(CONFIGS[what])
    refused(capsys, "load", "nothing.json")
    refused(capsys, "playbooks") if "store" not in what and "protocol" not in what else None


def test_a_config_that_is_no_file_is_one_sentence(capsys, home):
    home.mkdir()
    (home / "config.toml").mkdir()
    refused(capsys, "findings")
    (home / "config.toml").rmdir()
    (home / "config.toml").symlink_to(home / "config.toml")
    refused(capsys, "findings")


def test_a_config_that_never_ends_holds_nothing_up(home):
    home.mkdir()
    for place in ("pipe", "/dev/zero"):
        if place == "pipe":
            os.mkfifo(home / "config.toml")
        else:
            (home / "config.toml").unlink()
            (home / "config.toml").symlink_to(place)
        done = subprocess.run(
            [sys.executable, "-m", "hipaa_tui", "findings"],
            capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1


def test_a_home_that_is_no_folder_is_one_sentence(capsys, tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("mine")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for place in (
        file,
        file / "below",
        "/dev/null",
        "/proc/nothing-here",
        loop,
        tmp_path / ("x" * 300),
        "~nobody-such/x",
    ):
        monkeypatch.setenv("HIPAA_TUI_HOME", str(place))
        refused(capsys, "findings")
    assert file.read_text() == "mine"


PLANS = {
    "nothing": b"",
    "a list": b"[]",
    "a number": b"5",
    "depth": b"[" * 100_000,
    "closed depth": b'{"format": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "binary": b"\x7fELF\x00",
    "UTF-16": "{}".encode("utf-16"),
    "a huge number": b'{"format": ' + b"9" * 10_000 + b"}",
    "infinity": b'{"format": 1e400}',
    "no number": b'{"format": NaN}',
    "escapes": json.dumps({"format": "\x1b[2J"}).encode(),
    "another format": b'{"format": 99}',
    "nothing inside": b'{"format": 1}',
}


@pytest.mark.parametrize("what", PLANS)
@pytest.mark.parametrize(
    "command", [["plan"], ["apply", "--yes"], ["verify"], ["patch", "--branch", "x"]], ids=str
)
def test_a_hostile_plan_file_is_one_sentence(capsys, tmp_path, what, command):
    path = tmp_path / "plan.json"
    path.write_bytes(PLANS[what])
    refused(capsys, command[0], path, *command[1:])


def test_a_plan_that_is_no_file_holds_nothing_up(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", "/dev/zero", tmp_path):
        done = subprocess.run(
            [sys.executable, "-m", "hipaa_tui", "plan", str(place)],
            capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1


WRONG = (
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.text(max_size=5)
    | st.just([])
    | st.just({})
    | st.just([[1]])
)


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_a_plan_with_a_wrong_type_anywhere_is_one_sentence(capsys, tmp_path, data):
    from hipaa_tui.support.json_value import content_hash

    path = tmp_path / "plan.json"
    save(plan(change()), path)
    document = json.loads(path.read_text())
    place, at = document, data.draw(st.sampled_from(sorted(document)))
    while isinstance(place[at], dict | list) and place[at] and data.draw(st.booleans()):
        place = place[at]
        at = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    place[at] = data.draw(WRONG)
    # Whoever edits the content can write the right hash as well.
    document["hash"] = content_hash({key: item for key, item in document.items() if key != "hash"})
    path.write_text(json.dumps(document))
    for arguments in (["plan", str(path)], ["apply", str(path)], ["apply", str(path), "--skip-blocked"]):
        code = run(arguments)
        out = capsys.readouterr()
        assert code != 1, out.err
        assert forbidden(out.out + out.err) == []


@pytest.mark.parametrize(
    "hostile",
    [text for text in TEXTS.values() if len(text) < 3_000 and "\0" not in text and "\ud800" not in text],
)
def test_hostile_arguments_are_refused_without_an_echo_of_their_escapes(capsys, hostile):
    for arguments in (
        ["show", hostile], ["plan", "--finding", hostile], ["plan", "--playbook", hostile], ["plan", hostile],
        ["history", hostile], ["rollback", hostile, "--yes"], ["resume", hostile, "--yes"], ["apply", hostile, "--yes"],
        ["verify", hostile], ["plan", "--all", "--set", hostile], ["findings", hostile], ["playbooks", "lint", hostile],
        [hostile], ["findings", "--state", hostile], ["findings", f"--{hostile}"],
    ):  # fmt: skip
        code = run(arguments)
        out = capsys.readouterr()
        assert code != 1, (arguments, out.err)
        assert forbidden(out.out + out.err) == [], arguments
