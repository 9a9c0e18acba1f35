"""Parses the paths that the user types. InputError says in one sentence what is wrong."""

from __future__ import annotations

import shlex
from pathlib import Path

from hipaa_tui.support.errors import InputError


def typed_paths(text: str) -> list[Path]:
    """One or more existing paths, written as in a shell: separated by spaces, with quotes and ~. InputError."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise InputError("unclosed quote") from None
    if not words:
        raise InputError("enter the path of a report, such as ~/prowler-output.ocsf.json")
    paths = []
    for word in words:
        try:
            path = Path(word).expanduser()
            exists = path.exists()
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(f"{word}: cannot be read ({error})") from None
        if not exists:
            raise InputError(f"{word}: no such file or folder")
        paths.append(path)
    return paths


def typed_target(text: str) -> Path | None:
    """The path of a file to create; None for an empty text. InputError if it exists or its folder does not."""
    if not text:
        return None
    try:
        path = Path(text).expanduser()
        folder_exists, taken = path.parent.is_dir(), path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{text}: cannot be read ({error})") from None
    if not folder_exists:
        raise InputError(f"{path.parent}: no such folder")
    if taken:
        raise InputError(f"{text}: the file exists; choose another name")
    return path


def typed_file(text: str) -> Path:
    """The path of an existing file. InputError."""
    try:
        path = Path(text).expanduser()
        there = bool(text) and path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{text}: cannot be read ({error})") from None
    if not there:
        raise InputError(f"{text}: no such file" if text else "enter the path of a file")
    return path
