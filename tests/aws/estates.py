"""Badly kept accounts, one a module in the folder of its service, each for playbooks of that service.

A module has `PLAYBOOKS` (the ids that find something wrong in it, can be applied together, and go back), and
`build(cloud)`, which makes the estate through the real SDK's calls. Playbooks that cannot go all the way back
stand in `ONE_WAY` instead, and have tests of their own; `PLAYBOOKS` is empty where all are of this kind.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType


def families() -> list[ModuleType]:
    """Every estate*.py in the folder of a service."""
    folder = Path(__file__).parent
    paths = sorted(folder.glob("*/estate*.py"))
    return [importlib.import_module(f"{__package__}.{path.parent.name}.{path.stem}") for path in paths]
