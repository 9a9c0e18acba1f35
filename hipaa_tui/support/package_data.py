"""Finds the content that ships with the package: playbooks/ and snippets/.

A wheel contains them inside the package; a checkout and an editable install have them at the top level.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def content_folder(name: str) -> Path:
    """The folder "playbooks" or "snippets". FileNotFoundError if the installation is incomplete."""
    for base in (_PACKAGE / "_content", _PACKAGE.parent):
        folder = base / name
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the installation has no {name} folder; reinstall hipaa-tui")
