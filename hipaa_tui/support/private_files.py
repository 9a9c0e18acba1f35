"""Writes files atomically, readable only by their owner."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from hipaa_tui.support.errors import InputError


def private_folder(path: Path) -> Path:
    """The folder, created with mode 0700 if missing. InputError if that is not possible, or if other users can write to it."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot create the folder {path}: {error.strerror or error}; set HIPAA_TUI_HOME to a folder that you own"
        ) from None
    refuse_writable_by_others(path)
    return path


def refuse_writable_by_others(path: Path) -> None:
    """InputError if the group or others can write to the file or folder. A missing one passes.

    Who can write to the home folder can put another store, policy or key in the place of the user's.
    """
    if os.name != "posix":
        return  # Windows has no such bits; a profile's folders are the user's own
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        closed = path.is_file() and not path.parent.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH)
    except OSError:
        return  # whoever opens it says so
    if closed:
        return  # nobody else gets to it, whatever a umask of 0002 left on the file
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise InputError(
            f"{path} can be written by other users (mode {mode:04o}): check its content, then run `chmod go-w {path}`"
        )


def is_file(path: Path) -> bool:
    """Does the file exist? False, not an error, for a name that no file can have (too long, with a NUL)."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Like `is_file`, for a folder."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def read_regular(path: Path, most: int) -> bytes:
    """The bytes of a regular file of at most `most` bytes. OSError for anything else.

    Pipes and devices are refused: reading them could block or never end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"larger than {most:,} bytes")
    return data


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` with mode 0600. InputError if that is not possible."""
    with writing_private(path) as file:
        file.write(text)


@contextmanager
def writing_private(path: Path) -> Iterator[TextIO]:
    """A context manager: a file of mode 0600 to write to, moved to `path` at the end of the block.

    Readers see the old content or the new, never half of it. A device or a pipe (/dev/null, /dev/stdout) is written to
    directly, never replaced. InputError if it cannot be written.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("w", encoding="utf-8") as file:
                yield file
            return
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
