"""Reads the paths that an operator types, and says in one sentence what is wrong with them."""

from __future__ import annotations

import shlex
from pathlib import Path

from hipaa_tui.support.errors import InputError


def typed_paths(text: str) -> list[Path]:
    """One or several paths, as in a shell: spaces separate, quotes hold together, ~ is home. InputError."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise InputError("a quote is opened and not closed") from None
    if not words:
        raise InputError("type the path of a report, such as ~/prowler-output.ocsf.json")
    paths = []
    for word in words:
        try:
            path = Path(word).expanduser()
            exists = path.exists()
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(f"{word}: cannot be looked at ({error})") from None
        if not exists:
            raise InputError(f"{word}: there is no such file or folder")
        paths.append(path)
    return paths


def typed_target(text: str) -> Path | None:
    """Where a file is to be written; None where nothing was typed. InputError."""
    if not text:
        return None
    try:
        path = Path(text).expanduser()
        folder_exists, taken = path.parent.is_dir(), path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{text}: cannot be looked at ({error})") from None
    if not folder_exists:
        raise InputError(f"{path.parent}: there is no such folder")
    if taken:
        raise InputError(f"{text}: exists already; name a new file")
    return path


def typed_file(text: str) -> Path:
    """A file that is there. InputError."""
    try:
        path = Path(text).expanduser()
        there = bool(text) and path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{text}: cannot be looked at ({error})") from None
    if not there:
        raise InputError(f"{text}: there is no such file" if text else "type the path of a file")
    return path
