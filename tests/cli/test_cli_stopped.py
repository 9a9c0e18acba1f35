"""A run that the operator or the machine stops is found again, from the shell."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from hipaa_tui.cli.main import run
from tests.azure.server import ACCOUNT, azure, storage_account


@pytest.fixture
def slow_cloud(tmp_path, monkeypatch):
    """A cloud whose first write takes effect and then does not answer for a while, and a plan for it."""
    with azure(storage_account()) as cloud:
        monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HIPAA_TUI_ARM_ENDPOINT", cloud.endpoint.url)
        assert run(["scan", "--provider", "azure", "--playbook", "azure.storage.secure-transfer"]) == 0
        assert run(["plan", "--all", "-o", str(tmp_path / "plan.json")]) == 0
        body = {
            "method": "PATCH",
            "path_contains": "storageAccounts",
            "after_effect": True,
            "delay_seconds": 20,
        }
        from urllib.request import Request, urlopen

        data = json.dumps(body).encode()
        urlopen(Request(f"{cloud.endpoint.url}/_sandbox/faults", data=data)).close()  # noqa: S310 - our own server
        yield tmp_path / "plan.json"


def started(plan):
    process = subprocess.Popen(
        [sys.executable, "-m", "hipaa_tui", "apply", str(plan), "--yes"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    from hipaa_tui.journal.journal import Journal
    from hipaa_tui.store.database import open_store
    from hipaa_tui.support.config import find_home

    journal = Journal(open_store(find_home().store))
    for _ in range(300):
        rows = journal.rows()
        if rows and any(record.kind == "change.intent" for record in journal.of(rows[0].id)):
            time.sleep(0.5)
            return process
        time.sleep(0.1)
    raise AssertionError("the run never wrote")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_an_apply_that_is_stopped_is_found_and_resumed(slow_cloud, capsys, ending):
    process = started(slow_cloud)
    os.kill(process.pid, ending)
    _, said = process.communicate(timeout=30)
    if ending == signal.SIGINT:
        assert process.returncode == 4
        assert "history" in said
        assert "Traceback" not in said
    capsys.readouterr()
    assert run(["history", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["state"], found["changes"][0]["state"]) == ("interrupted", "writing")
    assert run(["history"]) == 0
    assert f"hipaa-tui resume {found['run']}" in capsys.readouterr().out
    assert run(["resume", found["run"], "--yes", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["state"], done["changes"][0]["verified"]) == ("done", True)
    assert ACCOUNT.lower() in done["changes"][0]["resource"].lower()
