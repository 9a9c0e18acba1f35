"""Writes files that only their owner may read, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hipaa_tui.errors import InputError


def private_folder(path: Path) -> Path:
    """The folder, made with mode 0700 where it is missing. InputError where that is not possible."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot make the folder {path}: {error.strerror or error}; set HIPAA_TUI_HOME to one that you own"
        ) from None
    return path


def write_private(path: Path, text: str) -> None:
    """Put `text` into `path` with mode 0600, by way of a temporary file beside it.

    Readers see the old content or the new, never half. InputError where it cannot be written.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
