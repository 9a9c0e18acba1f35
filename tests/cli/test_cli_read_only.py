"""In read-only mode no command writes to a cloud, whatever it is given: each of them is tried."""

import json
import os
import urllib.request

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from hipaa_tui.azure.cloud import connect
from hipaa_tui.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.cli.main import run
from hipaa_tui.cli.parser import build
from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.model import open_plan
from hipaa_tui.providers.model import Call
from hipaa_tui.store.database import open_store
from hipaa_tui.support.config import Home
from tests.azure.server import ACCOUNT, SCOPE, assignment, azure, storage_account

SECURE = "azure.storage.secure-transfer"
SECOND = ACCOUNT.replace("patientfiles", "claimfiles")
READER = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
ELSEWHERE = {"demo": "its clouds are local and its own; no account is touched"}
"""Commands that are not tried here, and why."""


@pytest.fixture
def estate(tmp_path, monkeypatch, capsys):
    """A home with a finding, a plan, a run that was applied and one that was interrupted; and the server."""
    with azure(storage_account(), storage_account(SECOND)) as cloud:
        monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HIPAA_TUI_ARM_ENDPOINT", cloud.endpoint.url)
        monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123 - no terminal
        assert run(["scan", "--provider", "azure", "--playbook", SECURE]) == 0
        capsys.readouterr()
        assert run(["findings", "--json"]) == 0
        first, second = [row["id"] for row in json.loads(capsys.readouterr().out)]
        plans = [tmp_path / "one.json", tmp_path / "two.json"]
        for id, path in zip((first, second), plans, strict=True):
            assert run(["plan", "--finding", id, "-o", str(path)]) == 0
        assert run(["apply", str(plans[0]), "--yes"]) == 0
        journal = Journal(open_store(Home(tmp_path / "home").store))
        done = journal.rows()[0].id
        torn = journal.begin(open_plan(plans[1]))
        journal.lay_down(torn, "stopped in a test")
        capsys.readouterr()
        yield {
            "url": cloud.endpoint.url,
            "finding": second,
            "plan": str(plans[1]),
            "done": done,
            "torn": torn,
            "folder": tmp_path,
        }


def writes(estate):
    with urllib.request.urlopen(f"{estate['url']}/_sandbox/requests") as answer:  # noqa: S310 - our own server
        sent = json.loads(answer.read())["value"]
    return [one for one in sent if one["method"] not in {"GET", "HEAD"}]


def arguments(estate):
    """What each command is tried with: as much as it could do if it were not for the mode."""
    plan, finding, done, torn = (estate[name] for name in ("plan", "finding", "done", "torn"))
    folder = estate["folder"]
    (folder / "report.json").write_text("[]")
    return {
        "load": [["report.json"]],
        "scan": [["--provider", "azure", "--playbook", SECURE]],
        "findings": [[]],
        "show": [[finding]],
        "plan": [["--finding", finding], ["--all"], [plan]],
        "apply": [[plan, "--yes"], [plan, "--yes", "--reach", "1", "--skip-blocked"], [plan]],
        "verify": [[done], [plan]],
        "rollback": [[done, "--yes"], [torn, "--yes"], [done, "-o", str(folder / "back.json")]],
        "resume": [[torn, "--yes"], [torn]],
        "patch": [[plan, "--repo", str(folder), "--branch", "fix"]],
        "record": [[done], [plan, "--format", "jira"], [plan, "-o", str(folder / "record.md")]],
        "history": [[], [done]],
        "journal": [["verify"], ["head"], ["export"]],
        "playbooks": [[], ["lint"]],
        "remediate": [[finding]],
        "identity": [[]],
        "approve": [[plan, "--yes"]],
        "approvals": [[plan]],
        "except": [[finding, "--owner", "Ada", "--until", "2090-01-01", "--reason", "r"]],
        "exceptions": [[], ["--end", "x"]],
        "evidence": [["x"], ["x", "--step", "1", "--note", "n"]],
    }


def test_no_command_writes(estate, capsys):
    before = len(writes(estate))
    assert before == 1, "the run that was applied before is seen"
    given = arguments(estate)
    known = set(build()._subparsers._group_actions[0].choices)
    assert set(given) | set(ELSEWHERE) == known, "a new command has to be tried here, too"
    refused = {}
    for command, tries in given.items():
        for words in tries:
            for line in ([command, *words, "--read-only"], ["--read-only", command, *words]):
                try:
                    code = run(line)
                except SystemExit as ending:
                    code = ending.code
                said = capsys.readouterr()
                assert code != 1, said.err
                refused.setdefault(command, set()).add("read-only mode" in said.err)
                assert len(writes(estate)) == before, line
    assert True in refused["apply"]
    assert True in refused["resume"]
    assert True in refused["rollback"]


@pytest.mark.parametrize("command", ["apply", "rollback", "resume"])
def test_what_writes_says_why_it_does_not(estate, capsys, command):
    subject = {"apply": estate["plan"], "rollback": estate["done"], "resume": estate["torn"]}[command]
    assert run([command, subject, "--yes", "--read-only"]) == 3
    assert "read-only mode" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["apply", "rollback", "resume"])
def test_the_config_says_it_for_every_session(estate, capsys, command):
    (estate["folder"] / "home" / "config.toml").write_text("read_only = true\n")
    subject = {"apply": estate["plan"], "rollback": estate["done"], "resume": estate["torn"]}[command]
    before = len(writes(estate))
    assert run([command, subject, "--yes"]) == 3
    assert len(writes(estate)) == before
    assert "read-only mode" in capsys.readouterr().err


def test_remediate_does_not_offer_to_apply(estate, capsys, monkeypatch):
    for module in ("terminal", "commands.remediate"):
        monkeypatch.setattr(f"hipaa_tui.cli.{module}.has_terminal", lambda: True)
    before = len(writes(estate))
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        # The first choice of those that are offered, whatever it is, and then a yes to anything.
        pipe.send_text("\x1b[B" * 3 + "\r" + "y" + "\r\x03")
        run(["remediate", estate["finding"], "--read-only"])
    assert "minimumTlsVersion" in capsys.readouterr().out
    assert len(writes(estate)) == before


def test_the_workbench_itself_refuses(estate):
    from hipaa_tui.support.errors import RefusedError
    from hipaa_tui.workbench import Workbench

    workbench = Workbench(Home(estate["folder"] / "home"), read_only=True)
    before = len(writes(estate))
    for act in (
        lambda: workbench.apply(open_plan(estate["folder"] / "two.json")),
        lambda: workbench.apply(workbench.rollback_plan(estate["done"])),
        lambda: workbench.resume(estate["torn"]),
    ):
        with pytest.raises(RefusedError, match="read-only mode"):
            act()
    assert len(writes(estate)) == before


def test_who_can_write_nothing_is_told_so_before_anything_is_sent(estate, capsys):
    as_reader = assignment(7, SANDBOX_PRINCIPAL, roleDefinitionId=READER)
    cloud = connect(endpoint=estate["url"])
    put = {
        "path": as_reader["id"],
        "api_version": "2022-04-01",
        "body": {"properties": as_reader["properties"]},
    }
    cloud.call(Call("azure", "Microsoft.Authorization", "PUT", put))
    before = len(writes(estate))
    assert run(["apply", estate["plan"], "--yes"]) == 3
    said = capsys.readouterr().err
    assert "read-only: Azure: the credentials have none of the permissions" in said
    assert run(["resume", estate["torn"], "--yes"]) == 3
    assert len(writes(estate)) == before
