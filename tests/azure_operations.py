"""The operations of Azure's resource providers, as published: which ARM actions there are."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path


@cache
def _known() -> frozenset[str]:
    found = json.loads((Path(__file__).parent / "data/iam/azure_operations.json").read_text("utf-8"))
    return frozenset(one.lower() for one in found["operations"])


def exists(action: str) -> bool:
    """ARM does not mind the letter case. Diagnostic settings and the like may stand below any resource."""
    scope, _, extension = action.lower().rpartition("/providers/")
    return extension in _known() and (not scope or "/" in scope)
