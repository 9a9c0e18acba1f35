"""Reads the tables that ship with the package, once and on first use."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The table "audits", "checks", "citations" or "words". Do not modify it."""
    text = resources.files("hipaa_tui.controls.data").joinpath(f"{name}.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
