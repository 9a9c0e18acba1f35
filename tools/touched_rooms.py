"""Prints the tests of the rooms that a branch touches: what `make check` runs.

A service is four folders of one name, so a change in any of them asks for `tests/<provider>/<service>`; a room of
`hipaa_tui/` has its tests in the folder of the same name. Whatever no rule knows asks for all tests. What only the
whole suite sees (one room's change breaking another room) is left to `make test`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

EVERYTHING: Final = "tests"
UNTESTED: Final = (".editorconfig", ".gitignore", "LICENSE", "benchmarks/")
"""What no test reads; its style and types are the lint's."""
RULES: Final = (
    (r"tests/(.+)/[^/]+$", r"\1"),
    (r"(?:hipaa_tui|playbooks|snippets/terraform)/(aws|azure)/([^/]+)/", r"\1/\2"),
    (r"hipaa_tui/([^/]+)/", r"\1"),
    (r"snippets/records/", "records"),
    (r"snippets/terraform/", "patches"),
    (r"playbooks/", "playbooks"),
    (r"tools/|\.github/|\.pre-commit-config\.yaml$", "tools"),
    (r"docs/|zensical\.toml$|constraints-docs\.txt$|[^/]+\.md$", "docs"),
)
"""A changed path, and the folder below tests/ that it asks for; the first that fits counts."""


def rooms(changed: Iterable[str], root: Path) -> list[str]:
    """The test files and folders for these paths, from the repository's top on; ["tests"] for all of them.

    A folder that does not exist stands for the nearest one above it; a test file that is gone needs no run.
    """
    found = {place for path in changed for place in _places(path, root)}
    if EVERYTHING in found:
        return [EVERYTHING]
    return sorted(place for place in found if not _covered(place, found))


def changed_files(root: Path) -> list[str]:
    """What differs from where this branch left origin/main (without one: from HEAD), untracked files too."""
    base = _git(root, "merge-base", "HEAD", "origin/main", needed=False).strip() or "HEAD"
    listings = (
        _git(root, "diff", "--name-only", "--no-renames", "-z", base, "--"),
        _git(root, "ls-files", "--others", "--exclude-standard", "-z"),
    )
    return sorted({path for listing in listings for path in listing.split("\0") if path})


def _places(path: str, root: Path) -> list[str]:
    if path.startswith(UNTESTED):
        return []
    if re.fullmatch(r"tests/.*test_[^/]*\.py", path):
        return [path] if (root / path).is_file() else []
    for pattern, template in RULES:
        known = re.match(pattern, path)
        if known:
            room = PurePosixPath(EVERYTHING, known.expand(template))
            while not (root / room).is_dir() and room != PurePosixPath(EVERYTHING):
                room = room.parent
            return [str(room)]
    return [EVERYTHING]


def _covered(place: str, others: Iterable[str]) -> bool:
    """A folder above it runs anyway."""
    return any(str(parent) in others for parent in PurePosixPath(place).parents)


def _git(root: Path, *arguments: str, needed: bool = True) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode and needed:
        raise SystemExit(f"git {arguments[0]}: {' '.join(done.stderr.split())}")
    return "" if done.returncode else done.stdout


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent
    sys.stdout.write(" ".join(rooms(changed_files(here), here)) + "\n")
