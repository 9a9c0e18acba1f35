"""Writes an internal error to a log file for a bug report.

The file contains the traceback, without arguments, locals or environment, which may contain secrets. Secrets in the
error's message are redacted.
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
    """Write the traceback to the home's logs folder. Returns the sentence for the user."""
    path = _folder() / f"bug-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.log"
    lines = [
        f"hipaa-tui {__version__}, Python {platform.python_version()} on {sys.platform}\n\n",
        *traceback.format_exception(error),
    ]
    kind = type(error).__name__
    try:
        write_private(path, redact_text("".join(lines)).encode("utf-8", "backslashreplace").decode())
    except (HipaaTuiError, OSError):
        return f"Internal error ({kind}); its details could not be written to {path}."
    return f"Internal error ({kind}); its details are in {path}. Please report it with that file."


def _folder() -> Path:
    try:
        return find_home().logs
    except (HipaaTuiError, OSError):
        return Path(tempfile.gettempdir())
