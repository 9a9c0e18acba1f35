"""Badly kept accounts, one a module, each for the playbooks of one family.

A module has `PLAYBOOKS` (the ids that find something wrong in it, can be applied together, and go back), and
`build(cloud)`, which makes the estate through the real SDK's calls. Playbooks that cannot go all the way back
stand in `ONE_WAY` instead, and have tests of their own.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def families() -> list[ModuleType]:
    """Every module of this package."""
    return [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
