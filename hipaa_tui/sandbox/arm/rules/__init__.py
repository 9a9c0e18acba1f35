"""What services do beyond their schema: cross-checks, values they make up, views they compute.

Each module has tables by resource type (lower case):
CHECK refuses or completes a write, FILL makes what only the service knows (for seeded resources too),
GONE refuses a deletion, SHOW adds what is computed on each read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from hipaa_tui.sandbox.arm.change import Change
from hipaa_tui.sandbox.arm.estate import Estate, Resource
from hipaa_tui.sandbox.arm.rules import authorization, insights, keyvault, network, others, storage
from hipaa_tui.support.json_value import Json

_SERVICES: Final = (authorization, insights, keyvault, network, others, storage)


def _joined(name: str) -> dict[str, Any]:
    return {type: rule for service in _SERVICES for type, rule in getattr(service, name, {}).items()}


CHECK: Final[Mapping[str, Callable[[Change], None]]] = _joined("CHECK")
FILL: Final[Mapping[str, Callable[[Change], None]]] = _joined("FILL")
GONE: Final[Mapping[str, Callable[[Estate, Resource], None]]] = _joined("GONE")
SHOW: Final[Mapping[str, Callable[[Estate, dict[str, Json]], None]]] = _joined("SHOW")
