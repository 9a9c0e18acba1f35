"""The child process that evaluates a folder: `python -m hipaa_tui.patches.code.evaluate_child FOLDER VARFILE…`.

tfparse is a Go library: a malicious file must not crash the session, and has to be stopped if it takes too long. Writes JSON to standard output: a list of blocks, each with its `__tfmeta`.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> int:
    """Evaluate the folder; exit code 0, or 1 with the reason on standard error."""
    import tfparse

    folder, *given = sys.argv[1:]
    # What Go prints goes to standard error, whatever it thinks of standard output.
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        found = tfparse.load_from_path(folder, vars_paths=given)
    except tfparse.ParseError as error:
        sys.stderr.write(str(error))
        return 1
    several = (value if isinstance(value, list) else [value] for value in found.values())
    blocks = [one for many in several for one in many if isinstance(one, dict) and "__tfmeta" in one]
    with os.fdopen(out, "w", encoding="utf-8") as sink:
        json.dump(blocks, sink)
    return 0


if __name__ == "__main__":
    sys.exit(main())
