"""Builds the sdist and the wheel into an empty folder and says what is wrong with them: what `make release-check` runs.

    python tools/check_release.py [DIST]        # default: dist

Exit code 0, and the two files stand there to be signed and published; 1 with a sentence per problem.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from email.parser import Parser
from pathlib import Path
from typing import Final

CONTENT: Final = ("playbooks", "snippets")
"""Folders that the wheel carries inside the package, file by file."""
DATA: Final = ("hipaa_tui/py.typed", "hipaa_tui/playbooks/schema.json")
ROOMS: Final = ("hipaa_tui",)
"""The only top-level folders of the wheel, besides its metadata."""
SOURCES: Final = ("tests/conftest.py", "docs/index.md", "Makefile", "constraints.txt", "LICENSE", "README.md")
"""What the sdist carries besides: whoever has it can build and test."""


def version_of(root: Path) -> str:
    """The version in hipaa_tui/__init__.py."""
    found = re.search(r'^__version__ = "([^"]+)"$', (root / "hipaa_tui/__init__.py").read_text("utf-8"), re.M)
    if found is None:
        raise SystemExit('hipaa_tui/__init__.py: no line `__version__ = "…"`')
    return found[1]


def changelog_problems(text: str, version: str) -> Iterator[str]:
    """What CHANGELOG.md lacks for this version: a dated heading of its own, behind an empty Unreleased."""
    if not re.search(rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$", text, re.M):
        yield f"CHANGELOG.md: no heading `## {version} - YYYY-MM-DD`"
    unreleased = re.search(r"^## Unreleased\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if unreleased is None:
        yield "CHANGELOG.md: no heading `## Unreleased` for what comes next"
    elif unreleased[1].strip():
        yield f"CHANGELOG.md: entries still stand under Unreleased; move them below {version}"


def wheel_problems(
    names: Iterable[str], metadata: str, content: Iterable[str], version: str
) -> Iterator[str]:
    """What is wrong with a wheel of these files; `content` are those of playbooks/ and snippets/ in the checkout."""
    there = set(names)
    for path in sorted(content):
        if f"hipaa_tui/_content/{path}" not in there:
            yield f"the wheel lacks {path}"
    for path in DATA:
        if path not in there:
            yield f"the wheel lacks {path}"
    for top in sorted({name.partition("/")[0] for name in there}):
        if top not in ROOMS and not top.endswith(".dist-info"):
            yield f"the wheel has {top}/, which would be installed beside other packages"
    if any(name.endswith((".pyc", ".orig", ".rej", "~")) for name in there):
        yield "the wheel holds left-over files"
    headers = Parser().parsestr(metadata)
    if headers["Version"] != version:
        yield f"the wheel says version {headers['Version']}, hipaa_tui/__init__.py {version}"
    if headers["License-Expression"] != "Apache-2.0":
        yield "the wheel does not say its licence"


def sdist_problems(names: Iterable[str], content: Iterable[str]) -> Iterator[str]:
    """What is wrong with an sdist of these files, named without its top folder."""
    there = set(names)
    for path in (*SOURCES, *sorted(content)):
        if path not in there:
            yield f"the sdist lacks {path}"
    if any(name.startswith((".venv", ".git/")) for name in there):
        yield "the sdist holds .venv or .git"


def content_of(root: Path) -> list[str]:
    """The files of playbooks/ and snippets/ that git knows, from the checkout's top on."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *CONTENT], cwd=root, capture_output=True, text=True, check=True
    )
    return [path for path in listed.stdout.split("\0") if path]


def build(root: Path, dist: Path) -> tuple[Path, Path]:
    """(sdist, wheel) in `dist`, which must be new or empty."""
    if dist.exists() and any(dist.iterdir()):
        raise SystemExit(f"{dist}: not empty; `rm -r {dist}` first")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(dist.resolve())], cwd=root, check=True
    )
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    return sdist, wheel


def main(arguments: list[str]) -> int:
    root = Path(__file__).resolve().parent.parent
    version = version_of(root)
    content = content_of(root)
    problems = list(changelog_problems((root / "CHANGELOG.md").read_text("utf-8"), version))
    sdist, wheel = build(root, Path(arguments[0]) if arguments else root / "dist")
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        problems += wheel_problems(archive.namelist(), archive.read(metadata).decode(), content, version)
    with tarfile.open(sdist) as tar:
        problems += sdist_problems((name.partition("/")[2] for name in tar.getnames()), content)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{sdist.name} and {wheel.name}: {len(content)} playbooks and snippets, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
