"""A rollback works while a playbook, the policy or this home's key is broken: something may be down meanwhile."""

import json
import sqlite3

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, HTTPS, azure, storage_account, target

PLAYBOOK = """
id: azure.team.own
title: Our own fix
resource: Microsoft.Storage/storageAccounts
severity: low
why: Anyone on the network path can read what travels over plain HTTP.
controls: ["164.312(e)(1)"]
answers: {}
changes:
  - setting: azure.storage.no-such-setting
    to: {a: 1}
effects: {downtime: None., cost: None., limits: None., risk: low}
"""


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    """An account over HTTP that a run has brought to HTTPS."""
    with azure(storage_account()) as cloud:
        monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HIPAA_TUI_ARM_ENDPOINT", cloud.endpoint.url)
        assert run(["scan", "--provider", "azure", "--playbook", "azure.storage.secure-transfer"]) == 0
        assert run(["plan", "--all", "-o", str(tmp_path / "plan.json")]) == 0
        assert run(["apply", str(tmp_path / "plan.json"), "--yes"]) == 0
        assert transport(cloud) == HTTPS
        yield cloud


def transport(cloud):
    return setting("azure.storage.transport").read(cloud, target(ACCOUNT)).value


def broken_playbook(home):
    folder = home / "ours"
    folder.mkdir()
    (folder / "own.yaml").write_text(PLAYBOOK)
    (home / "config.toml").write_text(f"playbooks = [{json.dumps(str(folder))}]\n")


def missing_folder(home):
    (home / "config.toml").write_text(f"playbooks = [{json.dumps(str(home / 'nowhere'))}]\n")


def broken_policy(home):
    (home / "policy.yaml").write_text("approvals: [\n")


def open_key(home):
    (home / "identity.pem").chmod(0o644)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (broken_policy, "policy.yaml"),
        (open_key, "identity.pem"),
        (broken_playbook, ""),
        (missing_folder, ""),
    ],
)
def test_a_rollback_goes_on_and_says_what_is_broken(cloud, tmp_path, capsys, damage, named):
    (done,) = _history(capsys)
    damage(tmp_path / "home")
    assert run(["rollback", done["run"], "--yes"]) == 0
    assert named in capsys.readouterr().err
    assert transport(cloud) != HTTPS


@pytest.mark.parametrize(("damage", "named"), [(broken_policy, "policy.yaml"), (open_key, "identity.pem")])
def test_a_plan_that_is_no_rollback_is_refused_meanwhile(cloud, tmp_path, capsys, damage, named):
    assert run(["rollback", _history(capsys)[0]["run"], "--yes"]) == 0
    damage(tmp_path / "home")
    capsys.readouterr()
    assert run(["apply", str(tmp_path / "plan.json"), "--yes"]) == 2
    assert named in capsys.readouterr().err
    assert transport(cloud) != HTTPS


@pytest.mark.parametrize(
    ("damage", "named"), [(broken_playbook, "own.yaml: there is no setting"), (missing_folder, "nowhere")]
)
def test_a_broken_playbook_of_the_teams_is_named_and_the_rest_goes_on(cloud, tmp_path, capsys, damage, named):
    damage(tmp_path / "home")
    capsys.readouterr()
    assert run(["findings", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)
    assert named in printed.err
    assert "left out" in printed.err


def _history(capsys):
    capsys.readouterr()
    assert run(["history", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_prior_value_that_was_edited_in_the_store_is_not_written_to_the_cloud(cloud, tmp_path, capsys):
    (done,) = _history(capsys)
    connection = sqlite3.connect(tmp_path / "home" / "store.db")
    connection.execute("DROP TRIGGER records_are_never_edited")
    edited = connection.execute(
        """UPDATE records SET body = replace(body, '"minimumTlsVersion":"TLS1_0"', '"minimumTlsVersion":"TLS1_1"')
        WHERE body LIKE '%"minimumTlsVersion":"TLS1_0"%'"""
    )
    assert edited.rowcount
    connection.commit()
    connection.close()
    assert run(["rollback", done["run"], "--yes"]) == 3
    assert "the journal is broken" in capsys.readouterr().err
    assert transport(cloud) == HTTPS
