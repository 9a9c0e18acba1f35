"""Writes what a bug report needs to a log file, since a traceback does not belong on the screen."""

from __future__ import annotations

import platform
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from hipaa_tui import __version__
from hipaa_tui.errors import InputError
from hipaa_tui.files import write_private
from hipaa_tui.home import find_home


def report(error: BaseException) -> Path:
    """Write the traceback (no arguments, no environment: those may hold secrets) and say where."""
    text = "\n".join(
        [
            f"hipaa-tui {__version__}, Python {platform.python_version()}, {platform.system()}",
            datetime.now(UTC).isoformat(timespec="seconds"),
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    name = f"bug-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.log"
    try:
        path = find_home().logs / name
        write_private(path, text)
    except InputError:
        path = Path(tempfile.mkdtemp(prefix="hipaa-tui-")) / name
        write_private(path, text)
    return path
