"""Every ending of the command line is one sentence and a documented exit code."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.plans.model import save
from hipaa_tui.providers.guard import Outcome
from tests.runs.plans import change, plan

COMMANDS = (
    "demo", "load", "scan", "findings", "show", "plan", "apply", "verify", "rollback", "resume", "patch",
    "history", "journal", "playbooks", "remediate", "identity", "approve", "approvals", "except", "exceptions",
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def said(capsys):
    return capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help_with_the_exit_codes(capsys, command):
    assert run([command, "--help"]) == 0
    assert "exit codes:\n  0  done and verified" in capsys.readouterr().out


def test_the_version_is_that_of_the_package(capsys):
    from hipaa_tui import __version__

    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"hipaa-tui {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "nothing"], "there is no finding"),
        (["plan"], "select what to plan"),
        (["plan", "--finding", "abc"], "there is no finding"),
        (["plan", "--playbook", "aws.no.such"], "there is no playbook"),
        (["plan", "gone.json"], "gone.json"),
        (["apply", "gone.json", "--yes"], "gone.json"),
        (["rollback", "gone", "--yes"], "there is no run"),
        (["resume", "gone", "--yes"], "there is no run"),
        (["verify"], "there is no run yet"),
        (["verify", "gone"], "there is no run"),
        (["history", "gone"], "there is no run"),
        (["remediate"], "needs a terminal"),
        ([], "needs a terminal"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_code_2(capsys, monkeypatch, arguments, sentence):
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123 - no terminal
    assert run(arguments) == 2
    error = said(capsys)
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["nonsense"], ["apply"], ["load"], ["history", "--colour"]])
def test_what_argparse_refuses_has_exit_code_2(capsys, arguments):
    assert run(arguments) == 2


def test_apply_without_yes_and_without_a_terminal_refuses(capsys, tmp_path):
    save(plan(), tmp_path / "plan.json")
    assert run(["apply", str(tmp_path / "plan.json")]) == 3
    assert "use --yes" in said(capsys)


def test_a_plan_that_a_guard_blocks_is_refused(capsys, tmp_path):
    save(plan(change(outcome=Outcome.BLOCK)), tmp_path / "plan.json")
    assert run(["apply", str(tmp_path / "plan.json"), "--yes"]) == 3
    assert "a-guard: for a reason" in said(capsys)


def test_what_cannot_be_undone_needs_its_name(capsys, tmp_path):
    save(plan(change(irreversible="it cannot be switched off again")), tmp_path / "plan.json")
    assert run(["apply", str(tmp_path / "plan.json"), "--yes"]) == 3
    assert "--confirm phistore" in said(capsys)


def test_read_only_mode_refuses_before_anything_else(capsys, tmp_path, home):
    save(plan(), tmp_path / "plan.json")
    assert run(["apply", str(tmp_path / "plan.json"), "--yes", "--read-only"]) == 3
    assert run(["--read-only", "apply", str(tmp_path / "plan.json"), "--yes"]) == 3
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text("read_only = true\n")
    assert run(["apply", str(tmp_path / "plan.json"), "--yes"]) == 3
    assert said(capsys).count("read-only mode") == 3


@pytest.mark.parametrize(
    ("config", "sentence"),
    [("read_only = 'yes'", "must be of type bool"), ("colour = 1", "no setting 'colour'"), ("= 1", "TOML")],
)
def test_a_wrong_config_is_said(capsys, home, config, sentence):
    home.mkdir()
    (home / "config.toml").write_text(config)
    assert run(["findings"]) == 2
    assert sentence in said(capsys)


def test_a_bug_ends_in_a_log_file_and_exit_code_1(capsys, monkeypatch, home):
    def broken(*_):
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("hipaa_tui.triage.queue.Queue.rows", broken)
    assert run(["findings"]) == 1
    error = said(capsys)
    assert "Traceback" not in error
    (log,) = (home / "logs").glob("bug-*.log")
    assert str(log) in error
    assert "ZeroDivisionError: boom" in log.read_text()


def test_a_reader_that_goes_away_is_no_bug(tmp_path):
    command = f"{sys.executable} -m hipaa_tui playbooks --json | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - our words
    assert done.stderr == ""


def test_the_schema_of_playbooks_is_published(capsys):
    assert run(["playbooks", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "hipaa-tui playbook"


def test_the_shipped_playbooks_pass_their_lint(capsys):
    assert run(["playbooks", "lint"]) == 0, capsys.readouterr().out


def test_the_pins_name_no_index_and_every_pin_has_hashes():
    root = Path(__file__).parent.parent.parent
    text = (root / "constraints.txt").read_text()
    assert "://" not in text
    pins = [block for block in text.replace("\\\n", " ").splitlines() if block and not block.startswith("#")]
    assert all("--hash=sha256:" in pin for pin in pins)
    pinned = {pin.partition("==")[0].partition("[")[0].replace("_", "-").lower() for pin in pins}
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    for need in project["dependencies"]:
        assert need.partition(">")[0].partition("[")[0].lower() in pinned
