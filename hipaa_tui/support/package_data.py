"""Finds the content that ships with the tool: playbooks/ and snippets/.

In a wheel they lie inside the package; in a checkout (and an editable install) at the top level.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def content_folder(name: str) -> Path:
    """The folder "playbooks" or "snippets". FileNotFoundError where the installation is broken."""
    for base in (_PACKAGE / "_content", _PACKAGE.parent):
        folder = base / name
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the installation lacks its {name} folder; install hipaa-tui again")
