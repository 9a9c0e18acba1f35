"""Turns an error of ours into a file that can go into a bug report, and one sentence that says where it is.

The file holds the traceback and no arguments, locals or environment: those may hold secrets. What looks
like one in an error's own words is taken out.
"""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from hipaa_tui import __version__
from hipaa_tui.support.config import find_home
from hipaa_tui.support.errors import HipaaTuiError
from hipaa_tui.support.private_files import write_private
from hipaa_tui.support.redaction import redact_text


def record_bug(error: BaseException) -> str:
    """Write the traceback into the home's logs and return the sentence for the operator."""
    path = _folder() / f"bug-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.log"
    lines = [
        f"hipaa-tui {__version__}, Python {platform.python_version()} on {sys.platform}\n\n",
        *traceback.format_exception(error),
    ]
    kind = type(error).__name__
    try:
        write_private(path, redact_text("".join(lines)).encode("utf-8", "backslashreplace").decode())
    except (HipaaTuiError, OSError):
        return f"An error of hipaa-tui itself ({kind}), and its log could not be written to {path}."
    return (
        f"An error of hipaa-tui itself ({kind}); its details are in {path}: please report it with that file."
    )


def _folder() -> Path:
    try:
        return find_home().logs
    except (HipaaTuiError, OSError):
        return Path(tempfile.gettempdir())
