"""A release that lacks something is not built unnoticed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools import check_release

ROOT = Path(__file__).parent.parent.parent
WHEEL = (
    "hipaa_tui/__init__.py",
    "hipaa_tui/py.typed",
    "hipaa_tui/playbooks/schema.json",
    "hipaa_tui/_content/playbooks/a.yaml",
    "hipaa_tui-1.2.3.dist-info/METADATA",
)
METADATA = "Metadata-Version: 2.4\nName: hipaa-tui\nVersion: 1.2.3\nLicense-Expression: Apache-2.0\n"


def in_wheel(names=WHEEL, metadata=METADATA, version="1.2.3"):
    return list(check_release.wheel_problems(names, metadata, ["playbooks/a.yaml"], version))


def test_a_whole_wheel_has_no_problem():
    assert in_wheel() == []


@pytest.mark.parametrize("gone", WHEEL[1:4])
def test_a_file_that_the_wheel_lacks_is_named(gone):
    (problem,) = in_wheel([name for name in WHEEL if name != gone])
    assert gone.removeprefix("hipaa_tui/_content/") in problem


def test_what_does_not_belong_into_the_wheel_is_named():
    assert in_wheel([*WHEEL, "tests/conftest.py"]) == [
        "the wheel has tests/, which would be installed beside other packages"
    ]
    assert in_wheel(version="1.2.4") == ["the wheel says version 1.2.3, hipaa_tui/__init__.py 1.2.4"]
    assert in_wheel(metadata=METADATA.replace("Apache-2.0", "MIT")) == ["the wheel does not say its licence"]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("## Unreleased\n\n## 1.2.3 - 2026-12-01\n\n- It works.\n", []),
        ("## Unreleased\n\n- It works.\n", ["no heading `## 1.2.3", "still stand under Unreleased"]),
        ("## 1.2.3 - 2026-12-01\n", ["no heading `## Unreleased`"]),
        ("## Unreleased\n\n- More.\n\n## 1.2.3 - 2026-12-01\n", ["still stand under Unreleased"]),
        ("## Unreleased\n\n## 1.2.30 - 2026-12-01\n", ["no heading `## 1.2.3"]),
    ],
)
def test_version_and_changelog_have_to_agree(text, problems):
    found = list(check_release.changelog_problems(text, "1.2.3"))
    assert len(found) == len(problems)
    assert all(part in sentence for part, sentence in zip(problems, found, strict=True))


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="no checkout of git")
def test_what_is_built_today_lacks_at_most_its_heading_in_the_changelog(tmp_path, capsys):
    check_release.main([str(tmp_path / "dist")])
    problems = capsys.readouterr().err.splitlines()
    assert [problem for problem in problems if not problem.startswith("CHANGELOG.md")] == []
    assert {path.suffix for path in (tmp_path / "dist").iterdir()} == {".gz", ".whl"}


def test_a_folder_with_another_build_in_it_is_refused(tmp_path):
    (tmp_path / "old.whl").touch()
    with pytest.raises(SystemExit, match="not empty"):
        check_release.build(ROOT, tmp_path)


def test_building_twice_gives_the_same_bytes(tmp_path):
    first, second = (check_release.build(ROOT, tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_the_content_is_what_git_knows(tmp_path):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks/known.yaml").touch()
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    (tmp_path / "playbooks/unknown.yaml").touch()
    assert check_release.content_of(tmp_path) == ["playbooks/known.yaml"]
