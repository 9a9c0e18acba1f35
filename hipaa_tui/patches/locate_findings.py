"""Turns the rows of Terraform scanners into findings on the cloud resources that the code manages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hipaa_tui.providers.model import Progress
from hipaa_tui.support.config import TerraformCode

if TYPE_CHECKING:
    from hipaa_tui.findings.readers.reader import Loaded
    from hipaa_tui.patches.code.finding_locator import Located, Where


def locate_findings(
    loaded: Sequence[Loaded],
    terraform: Sequence[TerraformCode],
    wanted: Callable[[str], str],
    *,
    where: Where | None = None,
    progress: Progress | None = None,
) -> list[Located]:
    """The resources of each report's rows about code, in the reports' order.

    `where`: the scanned code (None: the `terraform` folders of config.toml). `wanted` returns the resource type that the
    playbook of a check changes, or "". InputError if no code is known, or it cannot be read.
    """
    from hipaa_tui.patches.code.finding_locator import Located, Locators, Where, folders_of

    where = where or Where()
    if where.repo is None and not any(file.in_code for file in loaded):
        return [Located()] * len(loaded)
    done = 0

    def step() -> None:
        if progress is not None:
            progress.step(done, 0, "mapping code to resources")

    locators = Locators(folders_of(where, terraform), where, wanted, step)
    located: list[Located] = []
    for file in loaded:
        located.append(locators.locate(file.in_code))
        done += len(file.in_code)
    return located
