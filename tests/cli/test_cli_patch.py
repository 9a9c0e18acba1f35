"""Patches and records on the command line: what is asked for is done, and nothing more leaves the machine."""

import json
import os
import subprocess

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from tests.azure.server import azure, storage_account
from tests.cli.test_cli_policy import SECURE, Team

RULES = "approvals:\n  - risk: [medium, high]\n    approvers: [ada, grace]\n"
PUBLIC = "azure.storage.blob-public-access"


def git(folder, *arguments):
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def team(tmp_path, monkeypatch, capsys):
    """A team, a repository with a remote on disk, and no terraform: it is another test's concern."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Ops\n\temail = ops@example.org\n[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123 - no terminal
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    git(tmp_path, "init", "-q", "repo")
    (tmp_path / "repo" / "main.tf").write_text("# state\n")
    git(tmp_path / "repo", "add", "-A")
    git(tmp_path / "repo", "commit", "-q", "-m", "state")
    git(tmp_path / "repo", "remote", "add", "origin", str(tmp_path / "bare.git"))
    git(tmp_path / "repo", "push", "-q", "origin", "main")
    with azure(storage_account()) as cloud:
        monkeypatch.setenv("HIPAA_TUI_ARM_ENDPOINT", cloud.endpoint.url)
        yield Team(tmp_path, cloud, monkeypatch, capsys)


def test_the_record_tells_who_approved_and_what_a_run_verified(team):
    team.policy(RULES)
    team.policy(RULES, who="ada")
    plan = team.planned()
    hash = json.loads(plan.read_text())["hash"]
    assert team.run("record", plan) == 0
    assert "Approved by: no one yet" in team.said
    approval = team.folder / "approval.json"
    assert team.run("approve", plan, "--yes", "--comment", "after the backup", "-o", approval, who="ada") == 0
    assert team.run("approvals", plan, approval) == 0
    assert team.run("record", plan, "--format", "servicenow") == 0
    change = json.loads(team.said)
    assert "Approved by ada, " in change["description"]
    assert "after the backup" in change["description"]
    assert hash in change["description"]
    assert team.run("apply", plan, "--yes") == 0, team.error
    run = team.json("history")[0]["run"]
    head = team.json("journal", "head")
    where = team.folder / "record.md"
    assert team.run("record", run[:15], "-o", where) == 0
    text = where.read_text()
    for fact in (
        run,
        "Result: applied, verified on 20",
        "Approved by ada",
        f"record {head['seq']}, hash {head['hash']}",
    ):
        assert fact in text, fact
    assert (where.stat().st_mode & 0o777) == 0o600
    assert team.run("record", "nothing") == 2
    assert "there is no run 'nothing'" in team.error


def test_a_teams_templates_come_from_its_folder(team):
    plan = team.planned()
    own = team.folder / "records"
    own.mkdir()
    (own / "pr.md.j2").write_text("CHG for {{ subject }}\n{% for x in y %}{% endfor %}\n")
    (team.folder / "op" / "config.toml").write_text(f'records = "{own}"\n')
    assert team.run("record", plan) == 2
    assert "pr.md.j2:2: the template cannot be rendered: 'y' is undefined" in team.error
    (own / "pr.md.j2").write_text("CHG for {{ subject }}\n")
    assert team.run("record", plan) == 0
    said = team.said
    assert said == "CHG for Require HTTPS and TLS 1.2 for the storage account (patientfiles)\n"
    assert (
        team.run(
            "patch", plan, "--repo", team.folder / "repo", "--branch", "fix", "--records", team.folder / "out"
        )
        == 0
    )
    assert (team.folder / "out" / "fix.pr.md").read_text() == said
    assert json.loads((team.folder / "out" / "fix.jira.json").read_text())["fields"]["issuetype"]


def test_a_patch_is_pushed_where_that_is_asked_and_its_text_is_printed(team):
    plan = team.planned()
    repo, bare = team.folder / "repo", team.folder / "bare.git"
    arguments = ("patch", plan, "--repo", repo)
    assert team.run(*arguments, "--branch", "one") == 0
    assert git(bare, "branch", "--list", "one") == ""
    found = team.json(*arguments, "--branch", "two", "--push")
    assert found["pushed"] == {"remote": "origin", "url": str(bare), "page": ""}
    assert git(bare, "rev-parse", "two") == found["commit"]
    assert team.run(*arguments, "--branch", "three", "--pr") == 0
    assert "no pull request was opened: hipaa-tui cannot open pull requests" in team.said
    assert "## Rollback" in team.said
    assert git(bare, "rev-parse", "three") == git(repo, "rev-parse", "three")
    assert team.run(*arguments, "--branch", "four", "--push", "nowhere") == 2
    assert git(repo, "branch", "--list", "four") == ""


def test_a_push_that_is_refused_leaves_the_patch(team):
    plan = team.planned()
    repo, bare = team.folder / "repo", team.folder / "bare.git"
    git(repo, "checkout", "-q", "-b", "elsewhere")
    git(repo, "commit", "-q", "--allow-empty", "-m", "theirs")
    git(repo, "push", "-q", "origin", "elsewhere:fix")
    git(repo, "checkout", "-q", "main")
    assert team.run("patch", plan, "--repo", repo, "--branch", "fix", "--push", "--json") == 4
    assert "has other commits" in json.loads(team.said)["problem"]
    assert "not pushed" in team.error
    assert git(repo, "rev-parse", "fix") == json.loads(team.said)["commit"]
    assert git(bare, "log", "-1", "--format=%s", "fix") == "theirs"


def test_branches_for_each_playbook_hooks_and_an_author(team):
    assert team.run("scan", "--provider", "azure", "--playbook", SECURE, "--playbook", PUBLIC) == 0
    plan = team.folder / "plan.json"
    assert team.run("plan", "--playbook", SECURE, PUBLIC, "-o", plan) == 0
    repo = team.folder / "repo"
    (repo / ".git" / "hooks" / "pre-commit").write_text("#!/bin/sh\nexit 0\n")
    (repo / ".git" / "hooks" / "pre-commit").chmod(0o755)
    arguments = ("patch", plan, "--repo", repo, "--author", "Ada <ada@example.org>", "--hooks")
    code = team.run(*arguments, "--branch", "fix", "--per", "playbook", "--json")
    found = json.loads(team.said)
    (made,) = found["patches"]
    (refused,) = found["refused"].items()
    assert (code, made["hooks"]) == (4, ["pre-commit"])
    assert "Terraform allows a block only once" in refused[1]
    assert git(repo, "log", "-1", "--format=%an", made["branch"]) == "Ada"
    assert team.run(*arguments, "--branch", made["branch"], "--continue") == 4, (
        team.error
    )  # it has one of both
    assert git(repo, "rev-parse", f"{made['branch']}^") == made["commit"]
    assert team.run(*arguments, "--branch", made["branch"], "--continue", "0123456") == 2
    assert "not at '0123456'" in team.error


def test_remediate_offers_to_push_and_does_so_after_a_yes_only(team, monkeypatch):
    assert team.run("scan", "--provider", "azure", "--playbook", SECURE) == 0
    for module in ("terminal", "commands.remediate"):
        monkeypatch.setattr(f"hipaa_tui.cli.{module}.has_terminal", lambda: True)
    monkeypatch.chdir(team.folder / "repo")
    (team.folder / "gitconfig").write_text("")
    bare = team.folder / "bare.git"

    def answer(keys):
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
            pipe.send_text(keys)
            return team.run("remediate")

    up, down, enter = "\x1b[A", "\x1b[B", "\r"
    patch = enter + up * 2 + enter + enter  # the finding; two above "Nothing"; this folder
    assert answer(patch + "\x15one" + enter + "Ada <ada@example.org>" + enter + enter) == 0, team.error
    assert git(team.folder / "repo", "log", "-1", "--format=%an", "one") == "Ada"
    assert git(bare, "branch", "--list", "one") == ""
    assert answer(patch + "\x15two" + enter + "Ada <ada@example.org>" + enter + down + enter) == 0, team.error
    assert git(bare, "rev-parse", "two") == git(team.folder / "repo", "rev-parse", "two")
