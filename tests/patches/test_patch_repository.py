"""A patch adds objects and one branch to a repository; everything else stays byte for byte."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.git.branches import goals, make_branches
from hipaa_tui.patches.git.commits import commit_tree, write_tree
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.patches.model import Patch, PatchOptions
from hipaa_tui.patches.per_branch import make_patches, parts
from hipaa_tui.plans.model import Plan
from hipaa_tui.support.errors import InputError, RefusedError
from tests.patches.patch_clouds import (
    ACCOUNT,
    SUBSCRIPTION,
    Documents,
    account,
    commit,
    git,
    photograph,
    plan_for,
    target,
)

FILE = "hipaa-azure-storage-secure-transfer.tf"
VERSIONS = "hipaa-versions.tf"
TERRAFORM = 'terraform {\n  required_version = ">= 1.5"\n}\n'


TLS, PUBLIC = "azure.storage.secure-transfer", "azure.storage.blob-public-access"


def patch(
    repo: Path, azure: Documents, branch: str = "hipaa/fix", *, playbook: str = TLS, **options: Any
) -> Patch:
    plan = plan_for(azure, (playbook, target(ACCOUNT)))
    return make_patch(plan, repo, branch, {"azure": azure}, options=PatchOptions(**options))


def tree(repo: Path, commit: str) -> list[str]:
    return git(repo, "ls-tree", "-r", "--name-only", commit).splitlines()


def test_a_dirty_and_staged_work_tree_stays_as_it_is(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf=TERRAFORM, old_tf="# old\n")
    (repo / "main.tf").write_text("# stashed\n")
    git(repo, "stash")
    (repo / "main.tf").write_text("# unsaved work\n")
    (repo / "staged.tf").write_text("# staged\n")
    git(repo, "add", "staged.tf")
    (repo / "old.tf").unlink()
    (repo / FILE).write_text("# somebody's own untracked file\n")
    before = photograph(repo)
    status = git(repo, "--no-optional-locks", "status", "--porcelain")
    made = patch(repo, azure)
    assert photograph(repo) == before
    assert git(repo, "--no-optional-locks", "status", "--porcelain") == status
    assert tree(repo, "hipaa/fix") == [FILE, "main.tf", "old.tf"]
    assert git(repo, "show", "hipaa/fix:main.tf") == TERRAFORM.strip()
    assert made.commit == git(repo, "rev-parse", "hipaa/fix")
    assert git(repo, "rev-parse", "hipaa/fix^") == git(repo, "rev-parse", "HEAD")
    assert made.files == (FILE,)
    assert git(repo, "log", "-1", "--format=%B", "hipaa/fix") == made.message.strip()
    assert git(repo, "fsck", "--strict") == ""


def test_a_detached_head_is_built_upon(repo: Path, azure: Documents) -> None:
    first = commit(repo, main_tf=TERRAFORM)
    commit(repo, more_tf="# more\n")
    git(repo, "checkout", "-q", "--detach", first)
    before = photograph(repo)
    patch(repo, azure)
    assert photograph(repo) == before
    assert git(repo, "rev-parse", "hipaa/fix^") == first


def test_an_empty_repository_gets_its_first_commit_on_the_branch(repo: Path, azure: Documents) -> None:
    before = photograph(repo)
    made = patch(repo, azure)
    assert photograph(repo) == before
    assert tree(repo, "hipaa/fix") == [FILE, VERSIONS]
    assert git(repo, "rev-list", "--count", "hipaa/fix") == "1"
    assert "+++ b/" + FILE in made.diff
    with pytest.raises(InputError, match="main is checked out and has no commit yet"):
        patch(repo, azure, "main")


def test_a_bare_repository_is_enough(repo: Path, azure: Documents, tmp_path: Path) -> None:
    commit(repo, main_tf=TERRAFORM)
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    patch(tmp_path / "bare.git", azure)
    assert tree(tmp_path / "bare.git", "hipaa/fix") == [FILE, "main.tf"]


def test_a_folder_of_the_repository_gets_the_file(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf="# root\n", envs__prod__main_tf=TERRAFORM)
    made = patch(repo / "envs" / "prod", azure)
    assert made.files == (f"envs/prod/{FILE}",)
    assert tree(repo, "hipaa/fix") == [f"envs/prod/{FILE}", "envs/prod/main.tf", "main.tf"]


def test_a_worktree_of_the_repository_has_its_own_head(repo: Path, azure: Documents, tmp_path: Path) -> None:
    commit(repo, main_tf=TERRAFORM)
    other = tmp_path / "other"
    git(repo, "worktree", "add", "-q", "-b", "feature", str(other))
    head = commit(other, feature_tf="# feature\n")
    before = photograph(repo)
    patch(other, azure)
    assert photograph(repo) == before
    assert git(repo, "rev-parse", "hipaa/fix^") == head


def test_no_hook_and_no_filter_runs(repo: Path, azure: Documents, tmp_path: Path) -> None:
    commit(repo, main_tf=TERRAFORM)
    (repo / ".gitattributes").write_text("*.tf filter=loud text eol=crlf\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "attributes")
    ran = tmp_path / "ran"
    for name in ("pre-commit", "commit-msg", "post-commit", "post-index-change", "reference-transaction"):
        hook = repo / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\necho {name} >> {ran}\nexit 1\n")
        hook.chmod(0o755)
    for name in ("clean", "smudge"):
        git(repo, "config", f"filter.loud.{name}", f"sh -c 'echo {name} >> {ran}; cat'")
    patch(repo, azure)
    assert not ran.exists()
    assert "\r" not in git(repo, "cat-file", "blob", f"hipaa/fix:{FILE}")


@pytest.mark.parametrize("branch", ["", "-x", "a..b", "a b", "HEAD", "@", "x.lock", "a\x1bb", "a//b", "é~1"])
def test_a_name_that_git_would_not_take_is_refused(repo: Path, azure: Documents, branch: str) -> None:
    commit(repo, main_tf=TERRAFORM)
    before = photograph(repo)
    with pytest.raises(InputError, match="not a valid branch name"):
        patch(repo, azure, branch)
    assert photograph(repo) == before


@pytest.mark.parametrize(("taken", "wanted"), [("x", "x"), ("x", "x/y"), ("x/y", "x")])
def test_a_branch_that_exists_is_never_moved(repo: Path, azure: Documents, taken: str, wanted: str) -> None:
    commit(repo, main_tf=TERRAFORM)
    git(repo, "branch", taken)
    before = photograph(repo)
    with pytest.raises(InputError, match="choose another name"):
        patch(repo, azure, wanted)
    assert photograph(repo) == before


def test_a_branch_that_somebody_makes_meanwhile_is_theirs(repo: Path) -> None:
    head = commit(repo, main_tf=TERRAFORM)
    opened = Repository(repo)
    (goal,) = goals(opened, ["hipaa/fix"])
    made = commit_tree(opened, write_tree(opened, {"x.tf": "# x\n"}), "x\n")
    git(repo, "branch", "hipaa/fix", head)
    with pytest.raises(InputError, match="cannot create the branch"):
        make_branches(opened, {goal: made})
    assert git(repo, "rev-parse", "hipaa/fix") == head


def test_a_second_patch_goes_to_another_branch(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf=TERRAFORM)
    one, two = patch(repo, azure), patch(repo, azure, "hipaa/again")
    assert git(repo, "rev-parse", "hipaa/fix^{tree}") == git(repo, "rev-parse", "hipaa/again^{tree}")
    assert one.diff == two.diff


def test_where_there_is_no_repository_nothing_happens(tmp_path: Path, azure: Documents) -> None:
    with pytest.raises(InputError, match="not in a git repository"):
        patch(tmp_path, azure)
    with pytest.raises(InputError, match="no such folder"):
        patch(tmp_path / "nowhere", azure)


def test_the_folder_of_git_itself_is_refused(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf=TERRAFORM)
    with pytest.raises(InputError, match=r"inside of the repository's \.git"):
        patch(repo / ".git" / "refs", azure)


def test_a_link_in_the_commit_does_not_lead_us_elsewhere(
    repo: Path, tmp_path: Path, azure: Documents
) -> None:
    (repo / "real").mkdir()
    (repo / "linked").symlink_to("real")
    commit(repo, main_tf=TERRAFORM)
    (repo / "linked").unlink()
    (repo / "linked").mkdir()
    with pytest.raises(InputError, match="not a folder in the commit"):
        patch(repo / "linked", azure)
    (repo / FILE).symlink_to("/etc/hostname")
    git(repo, "add", FILE)
    git(repo, "commit", "-q", "-m", "link")
    with pytest.raises(InputError, match="symbolic link"):
        patch(repo, azure)


@pytest.mark.parametrize("name", ["../x.tf", "/x.tf", "a/b.tf", "", "..", "a\\b.tf"])
def test_a_file_name_cannot_leave_the_folder(repo: Path, name: str) -> None:
    with pytest.raises(InputError, match="not a valid file name"):
        Repository(repo).path_of(name)


def test_an_unknown_author_is_told_what_to_run(repo: Path, azure: Documents, tmp_path: Path) -> None:
    commit(repo, main_tf=TERRAFORM)
    (tmp_path / "gitconfig").write_text("")
    with pytest.raises(InputError, match=r"git config --global user.name.*git config --global user.email"):
        patch(repo, azure)
    assert git(repo, "branch", "--list", "hipaa*") == ""


def test_a_commit_that_must_be_signed_is_signed_or_not_made(
    repo: Path, azure: Documents, tmp_path: Path
) -> None:
    commit(repo, main_tf=TERRAFORM)
    key = tmp_path / "key"
    git(repo, "config", "commit.gpgsign", "true")
    git(repo, "config", "gpg.format", "ssh")
    git(repo, "config", "user.signingkey", str(key))
    with pytest.raises(InputError, match="cannot sign the commit"):
        patch(repo, azure)
    assert git(repo, "branch", "--list", "hipaa*") == ""
    try:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    except FileNotFoundError:
        return  # no ssh here, so nothing to sign with
    patch(repo, azure)
    assert "BEGIN SSH SIGNATURE" in git(repo, "cat-file", "commit", "hipaa/fix")


def test_a_shell_that_points_git_elsewhere_is_refused(
    repo: Path, azure: Documents, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commit(repo, main_tf=TERRAFORM)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    with pytest.raises(InputError, match="GIT_DIR is set"):
        patch(repo, azure)


def test_a_broken_file_of_the_commit_stops_the_patch(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf='resource "a" "b" {\n  x =\n}\n')
    with pytest.raises(InputError, match=r"main\.tf:2: not HCL"):
        patch(repo, azure)


def test_an_existing_file_is_extended(repo: Path, azure: Documents) -> None:
    mine = '# ours since 2024\nresource "azurerm_resource_group" "clinic" {\n  name     = "clinic"\n  location = "eastus"\n}'
    commit(repo, main_tf=TERRAFORM, **{FILE.replace(".tf", "_tf"): mine})
    patch(repo, azure)
    text = git(repo, "show", f"hipaa/fix:{FILE}")
    assert text.startswith(mine + "\n\n# Secure transfer of patientfiles")
    assert "resource_group_name              = azurerm_resource_group.clinic.name" in text


# -- branches that go on --------------------------------------------------------------------------


def test_a_branch_of_ours_is_continued_and_nothing_else_moves(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf=TERRAFORM)
    first = patch(repo, azure)
    with pytest.raises(InputError, match="add to it with --continue"):
        patch(repo, azure, playbook=PUBLIC)
    before = photograph(repo)
    second = patch(repo, azure, playbook=PUBLIC, continue_from="own")
    assert photograph(repo) == before
    assert git(repo, "rev-list", "hipaa/fix").splitlines()[:2] == [second.commit, first.commit]
    text = git(repo, "show", "hipaa/fix:hipaa-azure-storage-secure-transfer.tf")
    assert "https_traffic_only_enabled" in text
    assert "allow_nested_items_to_be_public" in text
    assert second.diff.count("\n+") < first.diff.count("\n+")
    with pytest.raises(RefusedError, match=r"nothing to commit|no change of the plan"):
        patch(repo, azure, playbook=PUBLIC, continue_from="own")
    assert git(repo, "rev-parse", "hipaa/fix") == second.commit


def test_a_branch_that_is_not_there_yet_is_made_by_continue(repo: Path, azure: Documents) -> None:
    head = commit(repo, main_tf=TERRAFORM)
    patch(repo, azure, continue_from="own")
    assert git(repo, "rev-parse", "hipaa/fix^") == head


def test_somebody_elses_tip_is_built_on_only_where_it_is_named(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf=TERRAFORM)
    patch(repo, azure)
    git(repo, "checkout", "-q", "hipaa/fix")
    tip = commit(repo, message="By hand\n\nMade-with: vim", more_tf="# more\n")
    git(repo, "checkout", "-q", "main")
    with pytest.raises(
        InputError, match=rf"not made by hipaa-tui \({tip[:12]} By hand, by Ops\).*--continue {tip[:12]}"
    ):
        patch(repo, azure, playbook=PUBLIC, continue_from="own")
    for other in ("0" * 12, tip[:6], "main", "--all", ""):
        with pytest.raises(InputError, match=r"not at|choose another name"):
            patch(repo, azure, playbook=PUBLIC, continue_from=other)
    assert git(repo, "rev-parse", "hipaa/fix") == tip
    patch(repo, azure, playbook=PUBLIC, continue_from=tip[:12])
    assert git(repo, "rev-parse", "hipaa/fix^") == tip


def test_a_branch_that_is_checked_out_is_not_moved_under_its_work_tree(
    repo: Path, azure: Documents, tmp_path: Path
) -> None:
    commit(repo, main_tf=TERRAFORM)
    made = patch(repo, azure)
    git(repo, "worktree", "add", "-q", str(tmp_path / "other"), "hipaa/fix")
    with pytest.raises(InputError, match="is checked out, and hipaa-tui never moves that"):
        patch(repo, azure, playbook=PUBLIC, continue_from="own")
    assert git(repo, "rev-parse", "hipaa/fix") == made.commit
    assert git(tmp_path / "other", "status", "--porcelain") == ""


def test_a_tip_that_somebody_moves_meanwhile_is_theirs(repo: Path, azure: Documents) -> None:
    head = commit(repo, main_tf=TERRAFORM)
    patch(repo, azure)
    opened = Repository(repo)
    (goal,) = goals(opened, ["hipaa/fix"], "own")
    git(repo, "branch", "-f", "hipaa/fix", head)
    with pytest.raises(InputError, match="cannot create the branch"):
        make_branches(opened, {goal: head})
    assert git(repo, "rev-parse", "hipaa/fix") == head


# -- a branch for each ----------------------------------------------------------------------------


def both(azure: Documents) -> Plan:
    """Two playbooks, each on an account of its own."""
    azure.documents.update(Documents(account("second")).documents)
    return plan_for(
        azure, (TLS, target(ACCOUNT)), (PUBLIC, target(ACCOUNT.replace("patientfiles", "second")))
    )


def test_each_playbook_gets_a_branch_of_its_own(repo: Path, azure: Documents) -> None:
    head = commit(repo, main_tf=TERRAFORM)
    plan = both(azure)
    before = photograph(repo)
    several = make_patches(plan, repo, "hipaa/fix", {"azure": azure}, "playbook")
    assert photograph(repo) == before
    assert [one.branch for one in several.made] == [f"hipaa/fix/{TLS}", f"hipaa/fix/{PUBLIC}"]
    assert several.refused == {}
    for one in several.made:
        assert git(repo, "rev-parse", f"{one.branch}^") == head
        assert f"Plan: {plan.hash}\n" in one.message  # what was approved is the whole plan
        assert "(part of it)" in one.body
    assert several.made[0].addresses == ("azurerm_storage_account.patientfiles",)
    assert several.made[1].addresses == ("azurerm_storage_account.second",)
    git(repo, "merge", "-q", *(one.branch for one in several.made))


def test_no_two_branches_add_the_same_block(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf=TERRAFORM)
    plan = plan_for(azure, (TLS, target(ACCOUNT)), (PUBLIC, target(ACCOUNT)))
    several = make_patches(plan, repo, "hipaa", {"azure": azure}, "playbook")
    assert [one.branch for one in several.made] == [f"hipaa/{TLS}"]
    assert (
        "it adds azurerm_storage_account.patientfiles, as hipaa/azure.storage"
        in several.refused[f"hipaa/{PUBLIC}"]
    )
    git(repo, "merge", "-q", f"hipaa/{TLS}")
    again = make_patches(plan, repo, "then", {"azure": azure}, "playbook")
    assert [one.branch for one in again.made] == [f"then/{PUBLIC}"]
    assert "-  allow_nested_items_to_be_public  = true" in again.made[0].diff


def test_each_account_gets_a_branch_of_its_own(repo: Path, azure: Documents) -> None:
    other = "1" + SUBSCRIPTION[1:]
    elsewhere = account("far")
    elsewhere["id"] = elsewhere["id"].replace(SUBSCRIPTION, other)
    azure.documents.update(Documents(elsewhere).documents)
    far = replace(target(ACCOUNT), id=elsewhere["id"], name="far", account=other)
    commit(repo, main_tf=f'provider "azurerm" {{\n  subscription_id = "{SUBSCRIPTION}"\n}}\n')
    plan = plan_for(azure, (TLS, target(ACCOUNT)), (PUBLIC, target(ACCOUNT)), (TLS, far))
    several = make_patches(plan, repo, "hipaa", {"azure": azure}, "account")
    assert [one.branch for one in several.made] == [f"hipaa/{SUBSCRIPTION}"]
    (refused,) = several.refused.items()
    assert refused[0] == f"hipaa/{other}"
    assert "no azurerm provider" in refused[1]
    assert git(repo, "branch", "--list", f"hipaa/{other}") == ""


@pytest.mark.parametrize("taken", ["hipaa/fix", f"hipaa/fix/{PUBLIC}", f"hipaa/fix/{PUBLIC}/x", "hipaa"])
def test_where_one_branch_cannot_be_made_none_is(repo: Path, azure: Documents, taken: str) -> None:
    commit(repo, main_tf=TERRAFORM)
    git(repo, "branch", taken)
    with pytest.raises(InputError, match=r"cannot exist beside|exists; choose"):
        make_patches(both(azure), repo, "hipaa/fix", {"azure": azure}, "playbook")
    assert git(repo, "for-each-ref", "--format=%(refname)", "refs/heads").splitlines() == sorted(
        [f"refs/heads/{taken}", "refs/heads/main"]
    )


def test_branches_that_are_made_meanwhile_stop_all(repo: Path) -> None:
    head = commit(repo, main_tf=TERRAFORM)
    opened = Repository(repo)
    wanted = goals(opened, ["x/a", "x/b", "x/c"])
    git(repo, "branch", "x/b")
    with pytest.raises(InputError, match="cannot create the branch x/a, x/b, x/c"):
        make_branches(opened, dict.fromkeys(wanted, head))
    assert git(repo, "branch", "--list", "x/*").split() == ["x/b"]
    with pytest.raises(InputError, match="cannot exist beside"):
        goals(opened, ["y", "y/z"])


def test_accounts_become_names_that_git_takes(repo: Path, azure: Documents) -> None:
    plan = both(azure)
    odd = ["..", "a b~^:", "x.lock", "Abc", "abc", "-", "a..b", "é", "a" * 300]
    changes = tuple(
        replace(
            plan.changes[0], id=f"c{n}", group=f"g{n}", target=replace(plan.changes[0].target, account=name)
        )
        for n, name in enumerate(odd)
    )
    found = parts(replace(plan, changes=changes), "account")
    assert len(found) == len(odd)
    assert [goal.name for goal in goals(Repository(repo), [f"x/{name}" for name in found])] == [
        f"x/{n}" for n in found
    ]
    assert len({name.casefold() for name in found}) == len(odd)
    whole = tuple(replace(one, group="g") for one in changes)
    assert list(parts(replace(plan, changes=whole), "account").values()) == [
        frozenset(one.id for one in changes)
    ]


# -- who commits, and what looks at it ------------------------------------------------------------


def test_an_author_that_was_named_commits(repo: Path, azure: Documents, tmp_path: Path) -> None:
    commit(repo, main_tf=TERRAFORM)
    patch(repo, azure, author="Ada Ops <ada@example.org>")
    who = "--format=%an <%ae>, %cn <%ce>"
    assert git(repo, "log", "-1", who, "hipaa/fix") == "Ada Ops <ada@example.org>, Ops <ops@example.org>"
    (tmp_path / "gitconfig").write_text("")
    patch(repo, azure, "hipaa/two", author="Ada Ops <ada@example.org>")
    assert git(repo, "log", "-1", who, "hipaa/two") == "Ada Ops <ada@example.org>, Ada Ops <ada@example.org>"


@pytest.mark.parametrize(
    "author",
    [
        "Ada",
        "ada@example.org",
        "<ada@example.org>",
        "A <a@b> <c@d>",
        "A\n<a@b.c>",
        "A <a b@c>",
        "A\x1b <a@b>",
    ],
)
def test_an_author_that_git_would_not_take_is_refused(repo: Path, azure: Documents, author: str) -> None:
    commit(repo, main_tf=TERRAFORM)
    with pytest.raises(InputError, match="is not an author; write it as"):
        patch(repo, azure, author=author)
    assert git(repo, "branch", "--list", "hipaa*") == ""


def test_a_signature_holds(repo: Path, azure: Documents, tmp_path: Path) -> None:
    commit(repo, main_tf=TERRAFORM)
    key = tmp_path / "key"
    try:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    except FileNotFoundError:
        pytest.skip("no ssh-keygen here to make a key with")
    (tmp_path / "signers").write_text(f"ops@example.org {key.with_suffix('.pub').read_text()}")
    for name, value in (
        ("commit.gpgsign", "true"), ("gpg.format", "ssh"), ("user.signingkey", f"{key}.pub"),
        ("gpg.ssh.allowedSignersFile", str(tmp_path / "signers")),
    ):  # fmt: skip
        git(repo, "config", name, value)
    made = patch(repo, azure)
    second = patch(repo, azure, playbook=PUBLIC, continue_from="own")
    for one in (made, second):
        git(repo, "verify-commit", one.commit)
    assert git(repo, "log", "-1", "--format=%G? %GS", "hipaa/fix") == "G ops@example.org"


def hook(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_hooks_see_the_commit_in_a_repository_of_their_own(
    repo: Path, azure: Documents, tmp_path: Path
) -> None:
    head = commit(repo, main_tf=TERRAFORM, envs__old_tf="# old\n")
    seen = tmp_path / "seen"
    hook(
        repo / ".git" / "hooks",
        "pre-commit",
        f"exec > {seen}; git diff --cached --name-only; git rev-parse HEAD; git status --porcelain; pwd; ls; "
        "git config user.email; git stash -q; git stash pop -q --index; git tag evil; echo x > main.tf",
    )
    hook(repo / ".git" / "hooks", "commit-msg", 'echo "Change-Id: I123" >> "$1"')
    (repo / "main.tf").write_text("# unsaved\n")
    before = photograph(repo)
    made = patch(repo, azure, hooks=True)
    assert photograph(repo) == before
    lines = seen.read_text().splitlines()
    assert lines[:3] == [FILE, head, f"A  {FILE}"]
    assert str(tmp_path / "repo") != lines[3]
    assert lines[4:] == ["envs", FILE, "main.tf", "ops@example.org"]
    assert not Path(lines[3]).exists()
    assert made.hooks == ("pre-commit", "commit-msg")
    assert "Hooks passed: `pre-commit`, `commit-msg`" in made.body
    assert git(repo, "log", "-1", "--format=%(trailers:key=Change-Id,valueonly)", "hipaa/fix") == "I123"
    assert tree(repo, "hipaa/fix") == ["envs/old.tf", FILE, "main.tf"]
    assert git(repo, "show", "hipaa/fix:main.tf") == TERRAFORM.strip()


@pytest.mark.parametrize(
    ("name", "script", "sentence"),
    [
        ("pre-commit", "printf 'tfsec: \\033[31mno\\033[0m\\npassword=hunter2x\\n' >&2; exit 7", r"pre-commit hook rejected the patch \(exit code 7\).*tfsec: no"),
        ("commit-msg", "echo 'needs a ticket: CHG…'; exit 1", "commit-msg hook rejected the patch .*needs a ticket: CHG…"),
        ("pre-commit", "echo '# more' >> main.tf; git add main.tf", r"pre-commit hook changed files of the commit \(main\.tf\)"),
        ("pre-commit", "git rm -q --cached main.tf", "changed files of the commit"),
        ("commit-msg", ': > "$1"', "left an "),
        ("commit-msg", 'rm "$1"', "left an "),
    ],
)  # fmt: skip
def test_a_hook_that_says_no_leaves_no_branch(
    repo: Path, azure: Documents, name: str, script: str, sentence: str
) -> None:
    commit(repo, main_tf=TERRAFORM)
    hook(repo / ".git" / "hooks", name, script)
    before = photograph(repo)
    with pytest.raises(RefusedError, match=sentence) as error:
        patch(repo, azure, hooks=True)
    assert "\x1b" not in str(error.value)
    assert "hunter2x" not in str(error.value)
    assert photograph(repo) == before
    assert git(repo, "branch", "--list", "hipaa*") == ""


def test_hooks_of_the_commit_run_where_the_configuration_names_them(
    repo: Path, azure: Documents, tmp_path: Path
) -> None:
    hook(repo / ".githooks", "pre-commit", f"echo committed >> {tmp_path}/seen")
    commit(repo, main_tf=TERRAFORM)
    git(repo, "config", "core.hooksPath", ".githooks")
    hook(repo / ".githooks", "pre-commit", f"echo unsaved >> {tmp_path}/seen")
    patch(repo, azure, hooks=True)
    assert (tmp_path / "seen").read_text() == "committed\n"
    hook(tmp_path / "global", "commit-msg", f"echo global >> {tmp_path}/seen")
    git(repo, "config", "core.hooksPath", str(tmp_path / "global"))
    assert patch(repo, azure, "hipaa/two", hooks=True).hooks == ("commit-msg",)
    (tmp_path / "global" / "commit-msg").chmod(0o644)
    assert patch(repo, azure, "hipaa/three", hooks=True).hooks == ()


# -- repositories of every kind -------------------------------------------------------------------


def test_a_shallow_clone_is_enough(repo: Path, azure: Documents, tmp_path: Path) -> None:
    commit(repo, main_tf="# first\n")
    commit(repo, main_tf=TERRAFORM)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    hook(tmp_path / "shallow" / ".git" / "hooks", "pre-commit", "git log --oneline > /dev/null")
    made = patch(tmp_path / "shallow", azure, hooks=True)
    assert tree(tmp_path / "shallow", "hipaa/fix") == [FILE, "main.tf"]
    assert made.hooks == ("pre-commit",)
    assert "main.tf" not in made.diff


def test_a_sparse_checkout_keeps_what_it_does_not_show(repo: Path, azure: Documents) -> None:
    commit(repo, envs__prod__main_tf=TERRAFORM, apps__big__main_tf="# big\n")
    git(repo, "sparse-checkout", "set", "--cone", "--sparse-index", "envs")
    assert not (repo / "apps").exists()
    before = photograph(repo)
    patch(repo / "envs" / "prod", azure)
    assert photograph(repo) == before
    assert tree(repo, "hipaa/fix") == ["apps/big/main.tf", f"envs/prod/{FILE}", "envs/prod/main.tf"]


def test_a_repository_of_long_hashes_is_one_like_others(azure: Documents, tmp_path: Path) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    git(folder, "init", "-q", "--object-format=sha256")
    commit(folder, main_tf=TERRAFORM)
    hook(folder / ".git" / "hooks", "pre-commit", "git diff --cached --quiet && exit 1 || exit 0")
    first = patch(folder, azure, hooks=True)
    assert len(first.commit) == 64
    second = patch(folder, azure, playbook=PUBLIC, continue_from=first.commit[:12])
    assert git(folder, "rev-parse", "hipaa/fix^") == first.commit
    assert second.commit == git(folder, "rev-parse", "hipaa/fix")
    several = make_patches(both(azure), folder, "each", {"azure": azure}, "playbook")
    assert len(several.made) == 2


def test_a_repository_of_somebody_else_is_told_with_the_command(
    repo: Path, azure: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repo, main_tf=TERRAFORM)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(
        InputError, match=rf"belongs to another user.*`git config --global --add safe.directory {repo}`"
    ):
        patch(repo, azure)


def test_submodules_stay_and_are_repositories_of_their_own(
    repo: Path, azure: Documents, tmp_path: Path
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    pinned = commit(inner, main_tf=TERRAFORM)
    commit(repo, main_tf=TERRAFORM)
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "modules/inner")
    git(repo, "commit", "-q", "-m", "submodule")
    hook(repo / ".git" / "hooks", "pre-commit", "test -d modules/inner")
    patch(repo, azure, hooks=True)
    assert f"160000 commit {pinned}\tmodules/inner" in git(repo, "ls-tree", "-r", "hipaa/fix")
    outer = git(repo, "for-each-ref")
    patch(repo / "modules" / "inner", azure)
    assert git(repo, "for-each-ref") == outer
    assert git(repo / "modules" / "inner", "rev-parse", "hipaa/fix^") == pinned


def test_a_hook_in_a_linked_work_tree_and_in_a_bare_repository(
    repo: Path, azure: Documents, tmp_path: Path
) -> None:
    commit(repo, main_tf=TERRAFORM)
    hook(repo / ".git" / "hooks", "pre-commit", "git diff --cached --name-only | grep -q hipaa-azure")
    git(repo, "worktree", "add", "-q", "-b", "feature", str(tmp_path / "other"))
    assert patch(tmp_path / "other", azure, hooks=True).hooks == ("pre-commit",)
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    hook(tmp_path / "bare.git" / "hooks", "pre-commit", f"echo bare > {tmp_path}/seen")
    patch(tmp_path / "bare.git", azure, "hipaa/bare", hooks=True)
    assert (tmp_path / "seen").read_text() == "bare\n"


def test_hooks_of_an_empty_repository_see_the_first_commit(
    repo: Path, azure: Documents, tmp_path: Path
) -> None:
    hook(repo / ".git" / "hooks", "pre-commit", f"git status --porcelain > {tmp_path}/seen")
    patch(repo, azure, hooks=True)
    assert (tmp_path / "seen").read_text().splitlines() == [f"A  {FILE}", f"A  {VERSIONS}"]


def test_a_file_that_terraform_reads_is_read_from_the_commit_only(repo: Path) -> None:
    (repo / "infra").mkdir()
    (repo / "infra" / "policy.json").write_text("{}\n")
    (repo / "policy.json").write_text("[]\n")
    (repo / "bytes.json").write_bytes(b"\xff\xfe")
    (repo / "linked.json").symlink_to("/etc/hostname")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "state")
    (repo / "infra" / "policy.json").write_text("changed\n")
    read = Repository(repo / "infra").text_of
    assert read("policy.json") == "{}\n"
    assert read("../policy.json") == "[]\n"
    for name in (
        "../linked.json",
        "../bytes.json",
        "../../etc/hostname",
        "gone.json",
        "../infra",
        "/etc/hostname",
    ):
        assert read(name) is None


def test_callers_of_a_module_are_found_in_both_syntaxes(repo: Path) -> None:
    for folder, name, text in (
        ("one", "main.tf", 'module "m" {\n  source = "../m"\n}\n'),
        ("two", "main.tf.json", '{"module": {"m": {"source": "../m"}}}\n'),
        (
            "three",
            "main.tf.json",
            '{\n  "module": {\n    "m": {\n      "source" : "../other"\n    }\n  }\n}\n',
        ),
        ("m", "main.tf", "# ours\n"),
    ):
        (repo / folder).mkdir()
        (repo / folder / name).write_text(text)
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "state")
    assert sorted(Repository(repo).callers_of("m", [])) == ["one", "two"]
    assert Repository(repo).callers_of("other", ["m"]) == ["three"]
