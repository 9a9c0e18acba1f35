"""Runs `terraform fmt` and `validate` (or `tofu`) on an export of the commit, if installed.

The result is reported and does not stop the patch.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from hipaa_tui.patches.checks.terraform import Steps, gist, terraform_program
from hipaa_tui.patches.git.repository import LARGEST_COPY, Repository
from hipaa_tui.providers.model import Progress

SECONDS: Final = 60.0
"""How long all of Terraform's steps may take together."""


def terraform_verdict(
    repository: Repository, commit: str, files: tuple[str, ...], progress: Progress, seconds: float = SECONDS
) -> tuple[bool, str]:
    """(are the files formatted, "valid" / "not validated: why" / the problem found).

    Without Terraform the first is True, since our printer writes that form. Raises Cancelled.
    """
    program = terraform_program()
    if program is None:
        return True, "not validated: neither terraform nor tofu is on PATH"
    with tempfile.TemporaryDirectory(prefix="hipaa-tui-", ignore_cleanup_errors=True) as scratch:
        root = Path(scratch) / "repo"
        root.mkdir()
        if not repository.export(commit, root, LARGEST_COPY):
            return True, f"not validated: the repository is larger than {LARGEST_COPY // 2**20} MB"
        folder = root.joinpath(*repository.prefix.parts)
        steps = Steps(program, folder, Path(scratch), progress, time.monotonic() + seconds)
        try:
            written = [
                str(root.joinpath(*Path(one).parts)) for one in files if one.endswith((".tf", ".tfvars"))
            ]
            code, _ = steps.run("fmt", "-check", *written) if written else (0, "")
            formatted = code == 0
            code, said = steps.run("init", "-backend=false", "-input=false", "-no-color")
            if code != 0:
                return formatted, f"not validated: init failed: {gist(said)}"
            code, said = steps.run("validate", "-no-color")
        except TimeoutError:
            return True, f"not validated: terraform took longer than {seconds:.0f} s"
        except OSError as error:
            return True, f"not validated: terraform cannot be run: {error.strerror or error}"
        return formatted, "valid" if code == 0 else gist(said)
