"""A patch adds objects and one branch to a repository; everything else stays byte for byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from patch_clouds import ACCOUNT, Documents, commit, git, photograph, plan_for, target

from hipaa_tui.errors import InputError
from hipaa_tui.patches.make import make_patch
from hipaa_tui.patches.model import Patch
from hipaa_tui.patches.repository import Repository

FILE = "hipaa-azure-storage-secure-transfer.tf"
VERSIONS = "hipaa-versions.tf"
TERRAFORM = 'terraform {\n  required_version = ">= 1.5"\n}\n'


def patch(repo: Path, azure: Documents, branch: str = "hipaa/fix") -> Patch:
    plan = plan_for(azure, ("azure.storage.secure-transfer", target(ACCOUNT)))
    return make_patch(plan, repo, branch, {"azure": azure})


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
    with pytest.raises(InputError, match="main is the branch that is checked out"):
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
    with pytest.raises(InputError, match="no name that git accepts"):
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
    made = opened.commit({"x.tf": "# x\n"}, "x\n")
    git(repo, "branch", "hipaa/fix", head)
    with pytest.raises(InputError, match="cannot make the branch"):
        opened.make_branch("hipaa/fix", made)
    assert git(repo, "rev-parse", "hipaa/fix") == head


def test_a_second_patch_goes_to_another_branch(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf=TERRAFORM)
    one, two = patch(repo, azure), patch(repo, azure, "hipaa/again")
    assert git(repo, "rev-parse", "hipaa/fix^{tree}") == git(repo, "rev-parse", "hipaa/again^{tree}")
    assert one.diff == two.diff


def test_where_there_is_no_repository_nothing_happens(tmp_path: Path, azure: Documents) -> None:
    with pytest.raises(InputError, match="not a git repository"):
        patch(tmp_path, azure)
    with pytest.raises(InputError, match="no such folder"):
        patch(tmp_path / "nowhere", azure)


def test_the_folder_of_git_itself_is_refused(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf=TERRAFORM)
    with pytest.raises(InputError, match=r"inside the repository's own \.git"):
        patch(repo / ".git" / "refs", azure)


def test_a_link_in_the_commit_does_not_lead_us_elsewhere(
    repo: Path, tmp_path: Path, azure: Documents
) -> None:
    (repo / "real").mkdir()
    (repo / "linked").symlink_to("real")
    commit(repo, main_tf=TERRAFORM)
    (repo / "linked").unlink()
    (repo / "linked").mkdir()
    with pytest.raises(InputError, match="no folder in the commit"):
        patch(repo / "linked", azure)
    (repo / FILE).symlink_to("/etc/hostname")
    git(repo, "add", FILE)
    git(repo, "commit", "-q", "-m", "link")
    with pytest.raises(InputError, match="a link"):
        patch(repo, azure)


@pytest.mark.parametrize("name", ["../x.tf", "/x.tf", "a/b.tf", "", "..", "a\\b.tf"])
def test_a_file_name_cannot_leave_the_folder(repo: Path, name: str) -> None:
    with pytest.raises(InputError, match="no name for a file"):
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
