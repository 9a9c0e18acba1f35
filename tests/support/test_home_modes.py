"""A home that other users may write to is no place for a key, a policy and a journal."""

import json

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.support.config import Home, find_home, read_config
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.private_files import private_folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home in use, as hipaa-tui made it."""
    folder = tmp_path / "home"
    monkeypatch.setenv("HIPAA_TUI_HOME", str(folder))
    assert run(["findings", "--json"]) == 0
    (folder / "config.toml").write_text("read_only = true\n")
    (folder / "config.toml").chmod(0o600)
    folder.chmod(0o755)
    return folder


def refusal(capsys, *arguments):
    capsys.readouterr()
    assert run(list(arguments)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770, 0o720, 0o702])
@pytest.mark.parametrize("command", ["findings", "history", "identity"])
def test_a_home_that_others_may_write_to_is_refused(home, capsys, mode, command):
    home.chmod(mode)
    said = refusal(capsys, command)
    assert f"{home} can be written by other users (mode {mode:04o})" in said
    assert f"chmod go-w {home}" in said
    home.chmod(mode & ~0o022)
    assert run([command]) == 0


@pytest.mark.parametrize("name", ["store.db", "config.toml"])
@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_store_or_config_that_others_may_write_to_is_refused(home, capsys, name, mode):
    (home / name).chmod(mode)
    assert f"{home / name} can be written by other users" in refusal(capsys, "findings")
    (home / name).chmod(0o600)
    assert run(["findings"]) == 0


def test_in_a_folder_that_nobody_else_enters_a_umask_of_0002_does_no_harm(home):
    home.chmod(0o700)
    (home / "config.toml").chmod(0o664)
    assert run(["findings"]) == 0


def test_others_may_be_let_in_to_read(home):
    (home / "config.toml").chmod(0o644)
    assert run(["findings"]) == 0
    assert read_config(find_home()).read_only is True


def test_a_policy_that_others_may_write_to_stops_a_plan(home):
    from hipaa_tui.workbench import open_workbench

    (home / "config.toml").unlink()
    (home / "policy.yaml").write_text("approvals: []\n")
    (home / "policy.yaml").chmod(0o660)
    with pytest.raises(InputError, match=r"policy.yaml can be written by other users \(mode 0660\)"):
        open_workbench().gate.policy  # noqa: B018 - the look is what is tested
    (home / "policy.yaml").chmod(0o600)
    assert open_workbench().gate.policy.path == str(home / "policy.yaml")


def test_the_folders_inside_are_looked_at_too(tmp_path):
    home = Home(tmp_path / "home")
    home.plans.chmod(0o777)
    with pytest.raises(InputError, match="plans can be written by other users"):
        private_folder(home.root / "plans")


def test_a_home_that_is_not_there_yet_is_made_for_its_owner_only(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "new"))
    assert run(["findings", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) is not None
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
