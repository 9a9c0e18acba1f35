"""Which checks of a HIPAA audit have a playbook, by the lists of the tools that run them."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_tui.controls.tables import table
from hipaa_tui.playbooks.load import Catalogue

SOURCES = ("prowler", "config", "securityhub")


@dataclass(frozen=True, slots=True)
class Covered:
    """One check of an audit. `kind` is automatic, guided or none; `playbook` is "" if there is none."""

    provider: str
    check: str
    kind: str
    playbook: str


def coverage(catalogue: Catalogue, source: str) -> list[Covered]:
    """Every check that a HIPAA audit with the tool runs, by provider and name, with its playbook."""
    rows = []
    for provider, checks in table("audits")[source].items():
        for check in checks:
            playbook = catalogue.for_check(check)
            if playbook is None:
                rows.append(Covered(provider, check, "none", ""))
            else:
                kind = "guided" if playbook.guided else "automatic"
                rows.append(Covered(provider, check, kind, playbook.id))
    return rows
