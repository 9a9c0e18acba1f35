"""What a change asks to be tested, and what a branch has changed."""

import subprocess

import pytest

from tools.touched_rooms import changed_files, rooms

FOLDERS = ("aws/s3", "aws/iam", "azure/storage", "cli", "docs", "patches", "playbooks", "records", "tools")


@pytest.fixture
def checkout(tmp_path):
    for folder in FOLDERS:
        (tmp_path / "tests" / folder).mkdir(parents=True)
    (tmp_path / "tests/cli/test_cli_load.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "places"),
    [
        ("hipaa_tui/aws/s3/settings.py", ["tests/aws/s3"]),
        ("hipaa_tui/azure/storage/guards.py", ["tests/azure/storage"]),
        ("playbooks/aws/s3/tls-only.yaml", ["tests/aws/s3"]),
        ("snippets/terraform/aws/s3/edits/aws.s3.acl.tf.j2", ["tests/aws/s3"]),
        ("snippets/terraform/aws/iam/aws.iam.group.tf.j2", ["tests/aws/iam"]),
        ("tests/aws/s3/estate.py", ["tests/aws/s3"]),
        ("hipaa_tui/aws/cloud.py", ["tests/aws"]),
        ("hipaa_tui/cli/commands/load.py", ["tests/cli"]),
        ("hipaa_tui/cli/main.py", ["tests/cli"]),
        ("playbooks/operations/risk-assessment.yaml", ["tests/playbooks"]),
        ("playbooks/aws/flat.yaml", ["tests/playbooks"]),
        ("snippets/records/pr.md.j2", ["tests/records"]),
        ("snippets/terraform/_kms_key.tf.j2", ["tests/patches"]),
        ("tests/cli/test_cli_load.py", ["tests/cli/test_cli_load.py"]),
        ("tests/cli/test_cli_gone.py", []),
        ("tools/touched_rooms.py", ["tests/tools"]),
        ("README.md", ["tests/docs"]),
        ("docs/safety.md", ["tests/docs"]),
        ("docs/screenshot.svg", ["tests/docs"]),
        ("zensical.toml", ["tests/docs"]),
        (".github/workflows/ci.yml", ["tests/tools"]),
        (".editorconfig", []),
        ("hipaa_tui/workbench.py", ["tests"]),
        ("tests/conftest.py", ["tests"]),
        ("tests/aws_server.py", ["tests"]),
        ("pyproject.toml", ["tests"]),
        ("nobody/knows.this", ["tests"]),
    ],
)
def test_a_changed_file_asks_for_the_tests_of_its_room(checkout, path, places):
    assert rooms([path], checkout) == places


def test_a_room_without_tests_asks_for_the_folder_above(checkout):
    assert rooms(["hipaa_tui/aws/newservice/settings.py"], checkout) == ["tests/aws"]
    assert rooms(["hipaa_tui/newroom/a.py"], checkout) == ["tests"]


def test_a_folder_covers_what_is_below_it_and_everything_covers_all(checkout):
    changed = ["hipaa_tui/cli/main.py", "tests/cli/test_cli_load.py", "hipaa_tui/aws/s3/a.py"]
    assert rooms(changed, checkout) == ["tests/aws/s3", "tests/cli"]
    assert rooms([*changed, "hipaa_tui/aws/cloud.py"], checkout) == ["tests/aws", "tests/cli"]
    assert rooms([*changed, "Makefile"], checkout) == ["tests"]
    assert rooms([], checkout) == []


def git(folder, *arguments):
    who = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def branch(tmp_path):
    """A repository whose branch has one commit more than origin/main, which has gone on meanwhile."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for name in ("kept.py", "moved.py", "edited.py"):
        (tmp_path / name).write_text(f"{name}\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "base")
    git(tmp_path, "checkout", "--quiet", "-b", "work")
    (tmp_path / "moved.py").rename(tmp_path / "there.py")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "-m", "mine")
    git(tmp_path, "checkout", "--quiet", "main")
    (tmp_path / "theirs.py").write_text("theirs\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "theirs")
    git(tmp_path, "update-ref", "refs/remotes/origin/main", "main")
    git(tmp_path, "checkout", "--quiet", "work")
    return tmp_path


def test_what_changed_is_committed_edited_and_untracked_both_names_of_a_move(branch):
    (branch / "edited.py").write_text("other\n")
    (branch / "new file.py").write_text("new\n")
    (branch / ".gitignore").write_text("*.log\n")
    (branch / "noise.log").write_text("noise\n")
    assert changed_files(branch) == [".gitignore", "edited.py", "moved.py", "new file.py", "there.py"]


def test_without_origin_main_what_changed_is_what_is_not_committed(branch):
    git(branch, "update-ref", "-d", "refs/remotes/origin/main")
    assert changed_files(branch) == []
    (branch / "edited.py").write_text("other\n")
    assert changed_files(branch) == ["edited.py"]
