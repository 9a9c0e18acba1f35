"""The citations of the HIPAA Security Rule, and those that a check is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from hipaa_tui.controls.tables import table


@dataclass(frozen=True, slots=True)
class Citation:
    """One standard, implementation specification or breach notification duty of 45 CFR part 164."""

    id: str
    """Such as "164.312(a)(2)(iv)"."""
    title: str
    required: bool
    """False for an addressable specification: implement it, or document the alternative."""
    kind: str
    """One of "standard", "specification", "breach-notification"."""
    summary: str
    """One sentence in plain words; not the text of the rule."""


@cache
def all_citations() -> Mapping[str, Citation]:
    """Every citation by its id, in the order of the rule."""
    entries: dict[str, dict[str, Any]] = table("citations")["citations"]
    return MappingProxyType(
        {
            name: Citation(
                id=name,
                title=entry["title"],
                required=entry["requirement"] == "required",
                kind=entry["kind"],
                summary=entry["summary"],
            )
            for name, entry in entries.items()
        }
    )


def citation(name: str) -> Citation:
    """The citation with this id. KeyError if there is none."""
    return all_citations()[name]


def controls_of(check: str) -> tuple[str, ...]:
    """The ids of the citations that a check is about, in the order of the rule; () for an unknown check.

    `check` is a Prowler check, a Security Hub control ("S3.5") or an AWS Config rule, in any case.
    """
    return _by_check().get(check.casefold(), ())


@cache
def _by_check() -> Mapping[str, tuple[str, ...]]:
    checks = table("checks")
    maps = (*checks["prowler"].values(), checks["securityhub"], checks["config"])
    return {name.casefold(): tuple(found) for names in maps for name, found in names.items()}
