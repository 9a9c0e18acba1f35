"""Fewer enabled regions than AWS has, where HIPAA_TUI_SANDBOX_REGIONS names them: an account need not have them all."""

from __future__ import annotations

import os
from typing import Any

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

_plain = RegionsAndZonesBackend.describe_regions


def describe_regions(backend: RegionsAndZonesBackend, *arguments: Any, **named: Any) -> Any:
    """The regions that moto knows, of these the enabled ones."""
    enabled = set(os.environ.get("HIPAA_TUI_SANDBOX_REGIONS", "").split(",")) - {""}
    found = _plain(backend, *arguments, **named)
    return [one for one in found if not enabled or one.name in enabled]


def install() -> None:
    """Teach moto's EC2."""
    RegionsAndZonesBackend.describe_regions = describe_regions  # type: ignore[method-assign, assignment]
